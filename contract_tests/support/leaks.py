"""Watches a test for keys that leak: in logs, in errors with their chains and frames, in pickles, in reprs."""

from __future__ import annotations

import logging
import pickle
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, Final
from unittest.mock import patch

import httpx

from contract_tests.support.kie import KEY
from contract_tests.support.signatures import KIE_KEY, WEBHOOK_KEY
from klingkit import AsyncClient, Client, KlingkitError
from klingkit._auth import AccessKey
from klingkit.callbacks import AsyncReceiver, CallbackUrls, Events, Receiver

SECRETS: Final = frozenset(
    {
        *(KEY, KIE_KEY, WEBHOOK_KEY, "s3cr3t-of-nobody-0123456789abcdef"),
        *("key-of-nobody", "plain-outer", "secret-of-nobody"),
    }
)
"""Keys that tests give to clients and receivers; each is long enough not to occur by chance."""

MOST: Final = 200
"""Errors of one test that are examined: a fuzzer makes thousands."""

LOUD: Final = ("", "klingkit", "httpx", "httpcore")
"""Loggers at level DEBUG while a test runs."""

PACKAGES: Final = frozenset({"klingkit", "klingkit_api", "httpx", "httpcore", "h11"})
"""Whose frames must not hold a key when an error is raised: reports show their variables."""

GIVEN_KEYS: Final = frozenset(
    {"klingkit._callbacks", "klingkit._signatures", "klingkit.callbacks._receivers", "klingkit.providers._common"}
)
"""Modules whose functions take a key as an argument: it is in the frames of their callers, too."""

MADE: Final = (Client, AsyncClient, Receiver, AsyncReceiver, CallbackUrls, Events)
"""The classes whose instances are examined."""


class Watch(logging.Handler):
    """Collects what a test logs, raises and makes."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []
        self.errors: list[KlingkitError] = []
        self.made: list[Any] = []
        self.secrets: set[str] = set(SECRETS)

    def emit(self, record: logging.LogRecord) -> None:
        line = f"{self.format(record)} {record.args!r}"
        if self.shows(line):
            self.lines.append(line)

    def shows(self, text: str) -> bool:
        return any(secret in text for secret in self.secrets)

    def texts(self) -> Iterator[tuple[str, str]]:
        """Everything that could show a key, with where it is."""
        yield from (("a log record", line) for line in self.lines)
        for error in sample(self.errors):
            for link in chain(error):
                yield "an error", f"{link!r} {link} {getattr(link, '__notes__', '')} {fields(link)}"
                yield from frames(link)
            yield "a pickle", pickled(error)
        for each in sample(self.made):
            yield "a repr", repr(each)
            if isinstance(each, (Client, AsyncClient)):
                yield "a repr", f"{each.api!r} {each.api.auth!r}"

    def leaks(self) -> list[str]:
        texts = list(self.texts())
        shown: list[str] = []
        if self.shows("\n".join(text for _, text in texts)):  # one search for the many tests that show nothing
            shown = [f"{where}: {text[:500]}" for where, text in texts if self.shows(text)]
        return shown + [line for error in sample(self.errors) for line in unpicklable(error)]


def sample(found: Sequence[Any]) -> Sequence[Any]:
    """Return at most `MOST` of them, evenly spaced."""
    return found[:: -(-len(found) // MOST) or 1]


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


def frames(error: BaseException) -> Iterator[tuple[str, str]]:
    """The variables of the frames that an error went through, but for those of tests and of what is given a key."""
    for frame, line in traceback.walk_tb(error.__traceback__):
        module = frame.f_globals.get("__name__", "")
        if module.partition(".")[0] in PACKAGES and module not in GIVEN_KEYS and frame.f_code.co_name != "__init__":
            for name, value in frame.f_locals.items():
                yield f"{name} in {module}, line {line}", shown(value)


def shown(value: object) -> str:
    """What a report shows of a variable; some are not made yet, and have no repr."""
    try:
        return repr(value)
    except Exception as error:  # noqa: BLE001 - of whatever a test made
        return repr(error)


def pickled(error: BaseException) -> str:
    """The bytes of a pickle as text; nothing where there is none."""
    try:
        return pickle.dumps(error).decode("latin-1")
    except Exception:  # noqa: BLE001 - see `unpicklable`
        return ""


def unpicklable(error: BaseException) -> list[str]:
    """Say that an error does not pickle, unless it holds what a test hung on it and what does not pickle itself."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception as reason:  # noqa: BLE001 - pickle raises whatever it likes
        held = [type(error), *map(type, vars(error).values())]
        if any(kind.__module__.startswith(("contract_tests", "unittest")) for kind in held):
            return []
        return [f"a pickle that fails: {error!r}: {reason!r}"]
    return []


def noting(method: Callable[..., Any], note: Callable[[Any, Any], object]) -> Callable[..., Any]:
    """Let a method do what it does, then note its object and its result."""

    def noted(self: Any, *args: Any, **options: Any) -> Any:
        result = method(self, *args, **options)
        note(self, result)
        return result

    return noted


@contextmanager
def loud(logger: logging.Logger) -> Iterator[None]:
    """Set a logger to DEBUG."""
    level = logger.level
    logger.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        logger.setLevel(level)


@contextmanager
def watching() -> Iterator[Watch]:
    """Watch everything that happens inside the block."""
    watch = Watch()
    hooks: list[tuple[type, str, Callable[[Any, Any], object]]] = [
        (AccessKey, "_sign", lambda _, token: watch.secrets.add(token))
    ]
    hooks += [(KlingkitError, "__init__", lambda self, _: watch.errors.append(self))]
    hooks += [(kind, "__init__", lambda self, _: watch.made.append(self)) for kind in MADE]
    with ExitStack() as stack:
        for name in LOUD:
            stack.enter_context(loud(logging.getLogger(name)))
        for kind, method, note in hooks:
            stack.enter_context(patch.object(kind, method, noting(getattr(kind, method), note)))
        logging.getLogger().addHandler(watch)
        stack.callback(logging.getLogger().removeHandler, watch)
        yield watch
