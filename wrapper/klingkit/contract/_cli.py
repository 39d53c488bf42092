"""The command line: ``python -m klingkit.contract``."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import Final

from klingkit.contract._limits import beyond
from klingkit.contract._service import check_service

__all__ = ["main"]

KEYS: Final = {"kie": "KIE_API_KEY", "native": "KLING_API_KEY", "relay": "KLING_RELAY_API_KEY"}
"""API -> the variable that has its key."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Check a service; return 0 if all passed, 1 if some failed, 2 if it could not be checked."""
    parser = _parser()
    options = parser.parse_args(arguments)
    key = options.key or os.environ.get(KEYS[options.api]) or None
    if options.spend:
        count = sum(1 for _ in beyond(options.api))
        sys.stderr.write(f"--spend: {count} requests beyond a limit; a lenient service makes a paid task of each\n")
    try:
        report = check_service(options.api, options.base_url, key=key, spend=options.spend, timeout=options.timeout)
    except ValueError as error:
        parser.error(str(error))  # exits with 2
    _write(report.to_json() if options.json else report.table())
    return report.exit_code


def _write(text: str) -> None:
    """Write a report whole, also where the terminal lacks some of its characters."""
    encoding = sys.stdout.encoding
    sys.stdout.write(f"{text}\n".encode(encoding, "backslashreplace").decode(encoding))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m klingkit.contract",
        description="Check how a service refuses what it must refuse. Free, unless --spend is given.",
        epilog="Exit status: 0 all passed, 1 some failed, 2 some could not be run.",
    )
    variables = ", ".join(f"{variable} for {api}" for api, variable in KEYS.items())
    parser.add_argument("--api", choices=sorted(KEYS), required=True, help="which API it speaks")
    parser.add_argument("--base-url", required=True, metavar="URL", help="where it is, without the API's own path")
    parser.add_argument(
        "--key", help=f"a valid key; better in the environment, where no list of processes shows it: {variables}"
    )
    parser.add_argument("--spend", action="store_true", help="also go beyond each limit: may create paid tasks")
    parser.add_argument("--timeout", type=float, default=10.0, metavar="SECONDS", help="for each request (10)")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    return parser
