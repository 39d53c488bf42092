"""Kling's own text-to-video API, as documents 001 (native) and 004 (relay) each tell it."""

from klingkit.emulator.kling._native import Native
from klingkit.emulator.kling._relay import Relay

__all__ = ["Native", "Relay"]
