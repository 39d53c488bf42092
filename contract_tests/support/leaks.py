"""Watches a test for keys that leak: in log records, in errors with their chains, in pickles, in reprs."""

from __future__ import annotations

import io
import logging
import pickle
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from contract_tests.support.kie import KEY
from contract_tests.support.signed import KIE_KEY, WEBHOOK_KEY
from klingkit import AsyncClient, Client, KlingkitError

SECRETS = {KEY, KIE_KEY, WEBHOOK_KEY, "s3cr3t-of-nobody-0123456789abcdef"}
"""Keys that tests give to clients and receivers; each is long enough not to occur by chance."""


class Watch(logging.Handler):
    """Collects what a test logs, raises and makes."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []
        self.errors: list[KlingkitError] = []
        self.clients: list[Client[object] | AsyncClient[object]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{self.format(record)} {record.args!r}")

    def texts(self) -> Iterator[tuple[str, str]]:
        """Everything that could show a key, with where it is."""
        yield from (("a log record", line) for line in self.lines)
        for error in self.errors:
            for link in chain(error):
                yield "an error", f"{link!r} {link} {getattr(link, '__notes__', '')} {fields(link)}"
            yield "a pickle", pickled(error)
        for client in self.clients:
            yield "a repr", f"{client!r} {client.api!r} {client.api.auth!r}"

    def leaks(self) -> list[str]:
        return [f"{where}: {text[:500]}" for where, text in self.texts() if any(secret in text for secret in SECRETS)]


def chain(error: BaseException) -> list[BaseException]:
    """The error and all that it came from."""
    found: list[BaseException] = [error]
    for link in found:
        found += [other for other in (link.__cause__, link.__context__) if other and other not in found]
    return found


def fields(error: BaseException) -> str:
    """What hangs on an error; on httpx's the request, too."""
    request = getattr(error, "_request", None)
    hanging = f"{dict(request.headers)} {request.url}" if isinstance(request, httpx.Request) else ""
    return f"{vars(error)} {hanging}"


def pickled(error: BaseException) -> str:
    """The bytes of a pickle as text; nothing where a test hangs something on it that does not pickle."""
    stream = io.BytesIO()
    try:
        pickle.dump(error, stream)
    except Exception:  # noqa: BLE001 - whatever a test made of it
        return ""
    return stream.getvalue().decode("latin-1")


@contextmanager
def watching() -> Iterator[Watch]:
    """Watch everything that happens inside the block."""
    watch = Watch()
    logger = logging.getLogger()
    raised, made = KlingkitError.__init__, (Client.__init__, AsyncClient.__init__)

    def raising(self, *args, **known):
        raised(self, *args, **known)
        watch.errors.append(self)

    def making(init):
        def __init__(self, *args, **options):  # noqa: N807 - it stands for one
            init(self, *args, **options)
            watch.clients.append(self)

        return __init__

    logger.addHandler(watch)
    KlingkitError.__init__ = raising  # type: ignore[method-assign]
    Client.__init__, AsyncClient.__init__ = map(making, made)  # type: ignore[method-assign]
    try:
        yield watch
    finally:
        KlingkitError.__init__ = raised  # type: ignore[method-assign]
        Client.__init__, AsyncClient.__init__ = made  # type: ignore[method-assign]
        logger.removeHandler(watch)
