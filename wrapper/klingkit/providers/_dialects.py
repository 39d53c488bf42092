"""How requests to Kling's own API are written: as the document has them, or as the official hosts want them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal, TypeAlias

import httpx

from klingkit._base import invalid

__all__ = ["Dialect", "dialect_of", "official"]

Dialect: TypeAlias = Literal["document", "official"]
"""How requests are written: as the document has them, or as the official host does (observed.md: official-duration)."""

OFFICIAL_DOMAIN: Final = "klingai.com"

CAMERA_MOVES: Final = frozenset({"simple", "down_back", "forward_up", "right_turn_forward", "left_turn_forward"})
"""The official camera types; only `simple` has a config."""

CFG_SCALE: Final = 0.5
"""001's default, which the official host refuses for models without this parameter."""


def dialect_of(base_url: str) -> Dialect:
    """Return the dialect that a host takes, as far as its name shows."""
    host = httpx.URL(base_url).host
    return "official" if host == OFFICIAL_DOMAIN or host.endswith(f".{OFFICIAL_DOMAIN}") else "document"


def official(body: Mapping[str, Any]) -> dict[str, Any]:
    """Rewrite a body by the document into one that the official host takes.

    Raises:
        InvalidRequest: It has a camera that the official host does not know.
    """
    written = dict(body)
    if "duration" in written:
        written["duration"] = str(written["duration"])
    if written.get("cfg_scale") == CFG_SCALE and str(written.get("model_name")).startswith("kling-v2"):
        del written["cfg_scale"]
    if camera := written.get("camera_control"):
        written["camera_control"] = _official_camera(camera)
    return written


def _official_camera(camera: Mapping[str, Any]) -> dict[str, Any]:
    move = camera.get("type")
    if move not in CAMERA_MOVES:
        moves = ", ".join(sorted(CAMERA_MOVES))
        raise invalid("camera_control.type", f"in the official dialect one of {moves}", move)
    return dict(camera) if move == "simple" else {"type": move}
