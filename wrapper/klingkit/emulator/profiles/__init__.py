"""The emulated APIs by name: what faults, callbacks, the page and the command line need to know of each."""

from collections.abc import Mapping
from typing import Literal, TypeAlias, get_args

from klingkit.emulator.profiles._kie import KIE
from klingkit.emulator.profiles._native import NATIVE
from klingkit.emulator.profiles._profile import Profile
from klingkit.emulator.profiles._relay import RELAY

__all__ = ["APIS", "PROFILES", "Api", "is_known"]

Api: TypeAlias = Literal["kie", "native", "relay"]

APIS: tuple[Api, ...] = get_args(Api)

PROFILES: Mapping[str, Profile] = {"kie": KIE, "native": NATIVE, "relay": RELAY}


def is_known(code: int | str, *apis: str) -> bool:
    """Return whether one of these APIs is known to use this code."""
    return any(code in PROFILES[api].codes for api in apis)
