"""The command line: ``python -m klingkit.emulator``."""

import argparse
import shlex
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from ipaddress import ip_address

from klingkit.emulator._emulator import Emulator
from klingkit.emulator._gate import is_loopback
from klingkit.emulator._options import parser
from klingkit.emulator.kie import Kie
from klingkit.emulator.kling import Native, Relay

KEY = "emulator"  # what clients are to send if no other key is asked for

OPEN = "Everybody who can reach {host} can use this emulator, and see and steer it on its page.\n"
ELSEWHERE = "Its page answers to this machine's names only; --allow-host NAME adds one.\n"


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until interrupted (Ctrl-C or SIGTERM).

    Exits with status 2 if an option can't be meant, or the port is taken.
    """
    commands = parser()
    options = commands.parse_args(arguments)
    try:
        emulator = _emulator(options)
    except (ValueError, OSError) as error:
        commands.error(str(error))
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with emulator.serve(host=options.host, port=options.port) as url:
            with suppress(KeyboardInterrupt):
                _warn(options)
                sys.stdout.write(_welcome(url, options))
                sys.stdout.flush()
                while True:
                    time.sleep(3600)
            for number in (signal.SIGINT, signal.SIGTERM):  # it is ending already
                signal.signal(number, signal.SIG_IGN)
    except OSError as error:
        commands.exit(2, f"can't listen: {error.strerror}; --port takes another\n")
    finally:
        emulator.close()


def _emulator(options: argparse.Namespace) -> Emulator:
    """The emulator that was asked for.

    Raises:
        ValueError: an option can't be meant.
        OSError: the database can't be opened.
    """
    keys = options.key
    if options.access_key and not keys:  # those who sign nothing, a relay's clients too, need a plain one
        keys = [KEY]
    hosts = list(options.allow_host)
    if not ip_address(options.host).is_unspecified:
        hosts.append(options.host)
    return Emulator(
        seed=options.seed,
        finish=options.finish,
        dialect=options.dialect,
        keys=keys or None,
        access_keys=dict(options.access_key) or None,
        slots=options.slots,
        rate=options.rate,
        faults=options.fault,
        signing=dict(options.sign),
        allow_callbacks=options.allow_callback,
        allow_hosts=hosts,
        database=options.database,
    )


def _warn(options: argparse.Namespace) -> None:
    if not is_loopback(options.host):
        elsewhere = ELSEWHERE if ip_address(options.host).is_unspecified and not options.allow_host else ""
        sys.stderr.write(OPEN.format(host=options.host) + elsewhere)


def _welcome(url: str, options: argparse.Namespace) -> str:
    """Where the page is, and what to export so that clients find the APIs."""
    lines = [f"kie.ai's, Kling's and a relay's APIs are emulated; watch and steer them at {url}/ and end with Ctrl-C"]
    for api in (Kie, Native, Relay):
        lines.append(f"export {api.variable}_BASE_URL={url}")
        if options.access_key and api is Native:
            name, secret = map(shlex.quote, options.access_key[0])
            lines += [f"export {api.variable}_ACCESS_KEY={name}", f"export {api.variable}_SECRET_KEY={secret}"]
        else:
            lines.append(f"export {api.variable}_API_KEY={shlex.quote((options.key or [KEY])[0])}")
    return "\n".join(lines) + "\n"
