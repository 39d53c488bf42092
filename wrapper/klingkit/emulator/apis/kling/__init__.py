"""Kling's own text-to-video API: as documents 001 (native) and 004 (relay) say, and as observed."""

from collections.abc import Mapping

from klingkit.emulator.apis.kling._native import Native
from klingkit.emulator.apis.kling._official import OfficialNative, OfficialRelay
from klingkit.emulator.apis.kling._relay import Relay
from klingkit.emulator.apis.kling._relay_formats import FlatRelay, WrappedRelay
from klingkit.emulator.apis.kling._service import Text2Video

# Dialect -> its service; other dialects have that of the document.
NATIVE: Mapping[str, type[Text2Video]] = {"document": Native, "official": OfficialNative}
RELAY: Mapping[str, type[Text2Video]] = {
    "document": Relay,
    "official": OfficialRelay,
    "relay": WrappedRelay,
    "relay-flat": FlatRelay,
}
