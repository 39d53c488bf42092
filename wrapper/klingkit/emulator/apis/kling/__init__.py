"""Kling's own text-to-video API: as documents 001 (native) and 004 (relay) say, and as observed."""

from klingkit.emulator.apis.kling._native import Native
from klingkit.emulator.apis.kling._official import OfficialNative, OfficialRelay
from klingkit.emulator.apis.kling._relay import Relay
from klingkit.emulator.apis.kling._relay_formats import FlatRelay, WrappedRelay
from klingkit.emulator.apis.kling._service import Text2Video

__all__ = ["FlatRelay", "Native", "OfficialNative", "OfficialRelay", "Relay", "Text2Video", "WrappedRelay"]
