"""The command line: `klingkit`, or ``python -m klingkit`` (extra `cli`)."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.util import find_spec

__all__ = ["main"]

NEEDED = ("click", "rich")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return 2 if the extra is not installed, else exit with the status of the command."""
    if None in map(find_spec, NEEDED):
        sys.stderr.write('the command line needs its extra: pip install "klingkit[cli]"\n')
        return 2
    from klingkit.cli._app import app  # noqa: PLC0415 - click is an extra

    app(None if arguments is None else list(arguments), prog_name="klingkit")
    raise AssertionError("click exits")  # pragma: no cover
