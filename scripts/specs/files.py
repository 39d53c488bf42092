"""The paths of the specs, and loading them as data."""

import json
import os
import pickle
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML, __version__

ROOT: Final = Path(__file__).parents[2]
SPECS: Final = ROOT / "openapi"
OBSERVATIONS: Final = SPECS / "field.yaml"
"""The observations that `x-source` cites; it stands beside the specs and is no spec."""

PRICES: Final = SPECS / "prices"
"""A list of prices for each API that has one."""
CATALOGUE: Final = SPECS / "catalogue"
"""The models of an API that are known, and not typed."""
PARSED: Final = ROOT / ".cache" / "yaml"
"""The content of YAML files as pickles, by its hash: to parse all of them takes each process seconds."""


def apis() -> list[str]:
    """List the APIs that have a spec, sorted."""
    return sorted(path.stem for path in SPECS.glob("*.yaml") if path != OBSERVATIONS)


def read_yaml(source: Path | str) -> Any:
    """Read a YAML file, or YAML text, as plain data."""
    text = source if isinstance(source, str) else source.read_text("utf-8")
    parsed = PARSED / sha256(f"{__version__} {text}".encode()).hexdigest()
    if not parsed.exists():
        content = YAML(typ="safe").load(text)  # pyright: ignore[reportUnknownMemberType] - its stubs leave much out
        _write(parsed, pickle.dumps(content))
    return pickle.loads(parsed.read_bytes())  # noqa: S301 - written above


def _write(path: Path, content: bytes) -> None:
    """Write a file in one step, since other processes may read or write it at the same time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(f".{os.getpid()}")
    unfinished.write_bytes(content)
    unfinished.replace(path)


def load(api: str) -> dict[str, Any]:
    """Load the spec of an API. No two nodes are shared, so that a change of one changes no other."""
    path = SPECS / f"{api}.yaml"
    unaliased: dict[str, Any] = json.loads(_as_json(path, path.stat().st_mtime_ns))
    return unaliased


@cache
def _as_json(path: Path, _: int) -> str:
    """Return a YAML file as JSON, cached: reading YAML takes a hundred times as long, and many load the same spec."""
    return json.dumps(read_yaml(path))
