"""The command line: ``python -m klingkit.emulator``."""

import argparse
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from ipaddress import ip_address

from klingkit.emulator._emulator import Emulator
from klingkit.emulator._finish import AfterQueries, AfterSeconds, Finish
from klingkit.emulator.kie import Kie
from klingkit.emulator.kling import Native, Relay


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until interrupted (Ctrl-C or SIGTERM); exit with status 2 if the port is taken."""
    parser = _parser()
    options = parser.parse_args(arguments)
    emulator = Emulator(seed=options.seed, finish=options.finish)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with emulator.serve(host=options.host, port=options.port) as url, suppress(KeyboardInterrupt):
            sys.stdout.write(_welcome(url))
            sys.stdout.flush()
            while True:
                time.sleep(3600)
    except OSError as error:
        parser.exit(2, f"can't listen: {error.strerror}; --port takes another\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m klingkit.emulator",
        description="Emulate the documented APIs on a loopback port: no key, no money.",
    )
    parser.add_argument("--host", type=_loopback, default="127.0.0.1", help="a loopback address")
    parser.add_argument("--port", type=_port, default=8900, help="0 takes a free one")
    parser.add_argument("--seed", type=int, default=0, help="task ids are drawn from it")
    finish = parser.add_mutually_exclusive_group()
    finish.add_argument(
        "--finish-after",
        type=_seconds,
        dest="finish",
        metavar="SECONDS",
        default=AfterSeconds(2),
        help="how long each task takes (2)",
    )
    finish.add_argument(
        "--after-queries",
        type=_queries,
        dest="finish",
        metavar="N",
        help="let the Nth query of a task find it finished, instead",
    )
    return parser


def _loopback(text: str) -> str:
    if not ip_address(text).is_loopback:
        raise ValueError(text)
    return text


def _port(text: str) -> int:
    if not 0 <= int(text) <= 65535:
        raise ValueError(text)
    return int(text)


def _seconds(text: str) -> Finish:
    return AfterSeconds(float(text))


def _queries(text: str) -> Finish:
    return AfterQueries(int(text))


def _welcome(url: str) -> str:
    exports = (
        f"export {api.variable}_BASE_URL={url}\nexport {api.variable}_API_KEY=emulator\n"
        for api in (Kie, Native, Relay)
    )
    return f"kie.ai's, Kling's and a relay's APIs are emulated on {url}; Ctrl-C ends it\n{''.join(exports)}"
