"""Kling's own text-to-video API, as documents 001 (native) and 004 (relay) tell it, and as it was observed."""

from klingkit.emulator.kling._native import Native
from klingkit.emulator.kling._official import OfficialNative, OfficialRelay
from klingkit.emulator.kling._relay import Relay
from klingkit.emulator.kling._relays import FlatRelay, WrappedRelay
from klingkit.emulator.kling._service import Text2Video

__all__ = ["FlatRelay", "Native", "OfficialNative", "OfficialRelay", "Relay", "Text2Video", "WrappedRelay"]
