"""The command line: ``python -m klingkit.emulator``."""

import argparse
import errno
import os
import shlex
import signal
import sys
import threading
import time
from collections.abc import Callable, Generator, Sequence
from concurrent import futures
from contextlib import ExitStack, contextmanager, suppress
from ipaddress import ip_address
from types import FrameType
from typing import TextIO

from klingkit.emulator._cli_options import make_parser
from klingkit.emulator._emulator import Emulator
from klingkit.emulator.http._access import is_loopback
from klingkit.emulator.http._tls import Tls, server_context
from klingkit.emulator.profiles import PROFILES

STOP = 0.3  # seconds that the end may take
KEY = "emulator"  # for clients, if no other is given

OPEN = "Everybody who can reach {host} can use this emulator, and control it on its page.\n"
LOCAL_PAGE = (
    "Its page accepts only this machine's names as hosts, its APIs also the address they are reached at; "
    "--allow-host NAME adds one.\n"
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until interrupted (Ctrl-C or SIGTERM).

    Exits with status 2 if an option is invalid, or the address can't be listened on.
    """
    parser = make_parser()
    options = parser.parse_args(arguments)
    with _closing() as opened:
        try:
            tls = _tls(options)
            emulator = _emulator(options)
        except (ValueError, OSError) as error:
            parser.error(str(error))
        opened.callback(emulator.close)
        with suppress(KeyboardInterrupt):
            _on_signals(signal.default_int_handler)
            try:
                url = opened.enter_context(emulator.serve(host=options.host, port=options.port, tls=tls))
            except OSError as error:
                parser.exit(2, f"can't listen: {_listen_error(error, options)}\n")
            _print(sys.stderr, _warning(options))
            _print(sys.stdout, _welcome(url, options))
            while True:
                time.sleep(3600)
        _on_signals(signal.SIG_IGN)  # it is ending already


@contextmanager
def _closing() -> Generator[ExitStack]:
    """Close what was opened, and let nothing hold the end up: what was reported is in the database already."""
    opened = ExitStack()
    try:
        yield opened
    finally:
        closed: futures.Future[None] = futures.Future()
        threading.Thread(target=_close, args=(opened, closed), daemon=True).start()
        with suppress(TimeoutError):
            closed.result(STOP)


def _close(opened: ExitStack, closed: futures.Future[None]) -> None:
    try:
        opened.close()
        closed.set_result(None)
    except Exception as error:  # noqa: BLE001 - raised where its end is awaited
        closed.set_exception(error)


def _on_signals(handler: signal.Handlers | Callable[[int, FrameType | None], object]) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) is not signal.SIG_IGN:  # keep what the parent process has chosen
            signal.signal(number, handler)


def _print(stream: TextIO | None, text: str) -> None:
    """Write the text if the stream is open: the emulator serves even if its parent process has ended."""
    if stream is None:  # closed from the beginning
        return
    try:
        stream.write(text)
        stream.flush()
    except OSError:  # Python would try to flush the rest at its end, and report an error
        devnull = os.open(os.devnull, os.O_WRONLY)
        os.dup2(devnull, stream.fileno())
        os.close(devnull)


def _listen_error(error: OSError, options: argparse.Namespace) -> str:
    """Return why the address can't be listened on, and which option would help."""
    match error.errno:
        case errno.EADDRINUSE:
            return f"--port {options.port} is taken at {options.host}; 0 takes a free one"
        case errno.EADDRNOTAVAIL:
            return f"--host {options.host} is no address of this machine"
        case errno.EACCES | errno.EPERM:
            return f"--port {options.port} needs more rights; ports from 1024 on don't"
        case _:
            return f"--host {options.host} --port {options.port}: {error.strerror}"


def _tls(options: argparse.Namespace) -> Tls | None:
    """Return the certificate and key of the options.

    Raises:
        ValueError: they don't belong together.
    """
    if options.tls_cert is None:
        if options.tls_key is not None:
            raise ValueError("argument --tls-key: goes with --tls-cert")
        return None
    tls = (options.tls_cert, options.tls_key)
    try:
        server_context(tls)
    except ValueError as error:
        raise ValueError(f"argument --tls-cert, --tls-key: {str(error).removeprefix('tls: ')}") from error
    return tls


def _emulator(options: argparse.Namespace) -> Emulator:
    """Make the emulator of the options.

    Raises:
        ValueError: an option is invalid.
        OSError: the database can't be opened.
    """
    keys = options.key
    if options.access_key and not keys:
        keys = [KEY]  # clients that sign no tokens, as those of kie.ai and of relays, need a plain key
    hosts = list(options.allow_host)
    if not ip_address(options.host).is_unspecified:
        hosts.append(options.host)
    return Emulator(
        seed=options.seed,
        finish=options.finish,
        dialect=options.dialect,
        keys=keys or None,
        access_keys=_unique("--access-key", options.access_key) or None,
        slots=options.slots,
        rate=options.rate,
        faults=options.fault,
        signing=_unique("--sign", options.sign),
        allow_callbacks=options.allow_callback,
        allow_hosts=hosts,
        cors=options.cors,
        accept_models=options.accept_models,
        public_url=options.public_url,
        database=options.database,
        kept=options.kept,
    )


def _unique(option: str, pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Return each name with its value.

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
    page_is_reachable = options.allow_host or options.public_url or not ip_address(options.host).is_unspecified
    return OPEN.format(host=options.host) + ("" if page_is_reachable else LOCAL_PAGE)


def _welcome(url: str, options: argparse.Namespace) -> str:
    """Return the page's URL, and the environment variables for clients."""
    lines = [f"The APIs of kie.ai, Kling and a relay are emulated; inspector page: {url}/ (end with Ctrl-C)"]
    if options.public_url:
        lines.append(f"The public base URL, also of videos, is {options.public_url}")
    for api in PROFILES.values():
        lines.append(f"export {api.variable}_BASE_URL={shlex.quote(options.public_url or url)}")
        if options.access_key and api.access_keys:
            name, secret = map(shlex.quote, options.access_key[0])
            lines += [f"export {api.variable}_ACCESS_KEY={name}", f"export {api.variable}_SECRET_KEY={secret}"]
        else:
            lines.append(f"export {api.variable}_API_KEY={shlex.quote((options.key or [KEY])[0])}")
    return "\n".join(lines) + "\n"
