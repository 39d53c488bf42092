"""The command line: ``python -m klingkit.emulator``."""

import argparse
import errno
import os
import shlex
import signal
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from ipaddress import ip_address
from types import FrameType
from typing import TextIO

from klingkit.emulator._cli_options import parser
from klingkit.emulator._emulator import Emulator
from klingkit.emulator.apis.kie import Kie
from klingkit.emulator.apis.kling import Native, Relay
from klingkit.emulator.http._host_check import is_loopback
from klingkit.emulator.http._tls import Tls, context

KEY = "emulator"  # what clients are to send if no other key is asked for

OPEN = "Everybody who can reach {host} can use this emulator, and see and steer it on its page.\n"
ELSEWHERE = "Its page answers to this machine's names only; --allow-host NAME adds one.\n"


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until interrupted (Ctrl-C or SIGTERM).

    Exits with status 2 if an option can't be meant, or nothing can listen where it should.
    """
    commands = parser()
    options = commands.parse_args(arguments)
    with ExitStack() as opened:
        try:
            tls = _tls(options)
            emulator = _emulator(options)
        except (ValueError, OSError) as error:
            commands.error(str(error))
        opened.callback(emulator.close)
        with suppress(KeyboardInterrupt):
            _interrupt_by(signal.default_int_handler)
            try:
                url = opened.enter_context(emulator.serve(host=options.host, port=options.port, tls=tls))
            except OSError as error:
                commands.exit(2, f"can't listen: {_unheard(error, options)}\n")
            _tell(sys.stderr, _warning(options))
            _tell(sys.stdout, _welcome(url, options))
            while True:
                time.sleep(3600)
        _interrupt_by(signal.SIG_IGN)  # it is ending already


def _interrupt_by(handler: signal.Handlers | Callable[[int, FrameType | None], object]) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) is not signal.SIG_IGN:  # whoever started it wants it so
            signal.signal(number, handler)


def _tell(stream: TextIO | None, text: str) -> None:
    """Write it, if somebody reads it: clients are served all the same, and whoever started this may have gone on."""
    if stream is None:  # closed from the beginning
        return
    try:
        stream.write(text)
        stream.flush()
    except OSError:  # Python would try the rest once more at its end, and complain
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def _unheard(error: OSError, options: argparse.Namespace) -> str:
    """Why nothing can listen there, and which option would help."""
    match error.errno:
        case errno.EADDRINUSE:
            return f"--port {options.port} is taken at {options.host}; 0 takes a free one"
        case errno.EADDRNOTAVAIL:
            return f"--host {options.host} is no address of this machine"
        case errno.EACCES | errno.EPERM:
            return f"--port {options.port} is not for every user; those from 1024 on are"
        case _:
            return f"--host {options.host} --port {options.port}: {error.strerror}"


def _tls(options: argparse.Namespace) -> Tls | None:
    """The certificate that was asked for, and its key.

    Raises:
        ValueError: they don't belong together.
    """
    if options.tls_cert is None:
        if options.tls_key is not None:
            raise ValueError("argument --tls-key: goes with --tls-cert")
        return None
    tls = (options.tls_cert, options.tls_key)
    try:
        context(tls)
    except ValueError as error:
        raise ValueError(f"argument --tls-cert, --tls-key: {str(error).removeprefix('tls: ')}") from error
    return tls


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
        access_keys=_once("--access-key", options.access_key) or None,
        slots=options.slots,
        rate=options.rate,
        faults=options.fault,
        signing=_once("--sign", options.sign),
        allow_callbacks=options.allow_callback,
        allow_hosts=hosts,
        public_url=options.public_url,
        database=options.database,
        kept=options.kept,
    )


def _once(option: str, pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Each name with its value.

    Raises:
        ValueError: a name has two.
    """
    found: dict[str, str] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"argument {option}: {name!r} is given twice")
        found[name] = value
    return found


def _warning(options: argparse.Namespace) -> str:
    if is_loopback(options.host):
        return ""
    named = options.allow_host or options.public_url or not ip_address(options.host).is_unspecified
    return OPEN.format(host=options.host) + ("" if named else ELSEWHERE)


def _welcome(url: str, options: argparse.Namespace) -> str:
    """Where the page is, and what to export so that clients find the APIs."""
    lines = [f"kie.ai's, Kling's and a relay's APIs are emulated; watch and steer them at {url}/ and end with Ctrl-C"]
    if options.public_url:
        lines.append(f"Elsewhere they are reached at {options.public_url}, which films are named by")
    for api in (Kie, Native, Relay):
        lines.append(f"export {api.variable}_BASE_URL={shlex.quote(options.public_url or url)}")
        if options.access_key and api is Native:
            name, secret = map(shlex.quote, options.access_key[0])
            lines += [f"export {api.variable}_ACCESS_KEY={name}", f"export {api.variable}_SECRET_KEY={secret}"]
        else:
            lines.append(f"export {api.variable}_API_KEY={shlex.quote((options.key or [KEY])[0])}")
    return "\n".join(lines) + "\n"
