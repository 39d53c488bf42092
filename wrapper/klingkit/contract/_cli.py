"""The command line: ``python -m klingkit.contract``."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import Final

from klingkit.contract._limits import limit_cases
from klingkit.contract._service import check_service
from klingkit.providers._registry import ADAPTERS

__all__ = ["main"]

KEYS: Final = {api: f"{adapter.variables}_API_KEY" for api, adapter in ADAPTERS.items()}
"""API -> the environment variable with its key."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Check a service; return 0 if all passed, 1 if some failed, 2 if it could not be checked."""
    parser = _parser()
    options = parser.parse_args(arguments)
    key = options.key or os.environ.get(KEYS[options.api]) or None
    if options.spend:
        count = sum(1 for _ in limit_cases(options.api))
        sys.stderr.write(f"--spend: {count} requests beyond a limit; a lenient service creates a paid task for each\n")
    try:
        report = check_service(options.api, options.base_url, key=key, spend=options.spend, timeout=options.timeout)
    except ValueError as error:
        parser.error(str(error))  # exits with 2
    _write(report.to_json() if options.json else report.table())
    return report.exit_code


def _write(text: str) -> None:
    """Write a report, with escapes where the terminal lacks a character."""
    encoding = sys.stdout.encoding
    sys.stdout.write(f"{text}\n".encode(encoding, "backslashreplace").decode(encoding))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m klingkit.contract",
        description="Check that a service rejects invalid requests. Free, unless --spend is given.",
        epilog="Exit status: 0 all passed, 1 some failed, 2 some could not be run.",
    )
    variables = ", ".join(f"{variable} for {api}" for api, variable in KEYS.items())
    parser.add_argument("--api", choices=sorted(KEYS), required=True, help="the API that the service offers")
    parser.add_argument("--base-url", required=True, metavar="URL", help="its address, without the API's own path")
    parser.add_argument(
        "--key", help=f"a valid key; better set in the environment, which no process list shows: {variables}"
    )
    parser.add_argument("--spend", action="store_true", help="also exceed each limit: may create paid tasks")
    parser.add_argument("--timeout", type=float, default=10.0, metavar="SECONDS", help="for each request (10)")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    return parser
