"""Finds keys that a test leaks: in logs, in errors with their chains and frames, in pickles, in reprs."""

from __future__ import annotations

import logging
import pickle
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, Final
from unittest.mock import patch

import httpx

from contract_tests.support.kie import API_KEY
from contract_tests.support.signatures import KIE_KEY, WEBHOOK_KEY
from klingkit import AsyncClient, Client, KlingkitError
from klingkit._auth import AccessKey
from klingkit.callbacks import AsyncReceiver, CallbackUrls, Events, Receiver

SECRETS: Final = frozenset(
    {
        *(API_KEY, KIE_KEY, WEBHOOK_KEY, "s3cr3t-of-nobody-0123456789abcdef"),
        *(f"{kind}-of-nobody" for kind in ("key", "secret")),
    }
)
"""Keys that tests give to clients and receivers; each is long enough not to occur by chance.

No module but a test's holds one as a literal of its own: Hypothesis would draw it, and a leak would be reported.
"""

MAX_EXAMINED_ERRORS: Final = 200
"""How many errors of one test are examined: a fuzzer raises thousands."""

DEBUG_LOGGERS: Final = ("", "klingkit", "httpx", "httpcore")
"""Loggers that are set to DEBUG while a test runs."""

EXAMINED_PACKAGES: Final = frozenset({"klingkit", "klingkit_api", "httpx", "httpcore", "h11"})
"""Packages whose frames must not hold a key when an error is raised: error reports show local variables."""

MODULES_GIVEN_KEYS: Final = frozenset(
    {"klingkit._callbacks", "klingkit._signatures", "klingkit.callbacks._receivers", "klingkit.providers._common"}
)
"""Modules that are exempt, because their functions take a key as an argument."""

EXAMINED_CLASSES: Final = (Client, AsyncClient, Receiver, AsyncReceiver, CallbackUrls, Events)
"""The classes whose instances are examined."""


class LeakWatch(logging.Handler):
    """Collects the log records, errors and clients of a test."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []
        self.errors: list[KlingkitError] = []
        self.instances: list[Any] = []
        self.secrets: set[str] = set(SECRETS)

    def emit(self, record: logging.LogRecord) -> None:
        line = f"{self.format(record)} {record.args!r}"
        if self.contains_secret(line):
            self.lines.append(line)

    def contains_secret(self, text: str) -> bool:
        return any(secret in text for secret in self.secrets)

    def texts(self) -> Iterator[tuple[str, str]]:
        """Yield every text that could contain a key, with the place where it is."""
        yield from (("a log record", line) for line in self.lines)
        for error in sample(self.errors):
            for link in chain(error):
                yield "an error", f"{link!r} {link} {getattr(link, '__notes__', '')} {fields(link)}"
                yield from frames(link)
            yield "a pickle", pickled(error)
        for each in sample(self.instances):
            yield "a repr", repr(each)
            if isinstance(each, (Client, AsyncClient)):
                yield "a repr", f"{each.api!r} {each.api.auth!r}"

    def leaks(self) -> list[str]:
        texts = list(self.texts())
        leaking: list[str] = []
        # One search suffices for the many tests without a leak.
        if self.contains_secret("\n".join(text for _, text in texts)):
            leaking = [f"{where}: {text[:500]}" for where, text in texts if self.contains_secret(text)]
        return leaking + [line for error in sample(self.errors) for line in unpicklable(error)]


def sample(items: Sequence[Any]) -> Sequence[Any]:
    """Return at most `MAX_EXAMINED_ERRORS` items, evenly spaced."""
    return items[:: -(-len(items) // MAX_EXAMINED_ERRORS) or 1]


def chain(error: BaseException) -> list[BaseException]:
    """Return the error, and all errors in its chain of causes and contexts."""
    errors: list[BaseException] = [error]
    for error_in_chain in errors:
        errors += [
            other for other in (error_in_chain.__cause__, error_in_chain.__context__) if other and other not in errors
        ]
    return errors


def fields(error: BaseException) -> str:
    """Return an error's attributes as text; for an error of httpx its request, too."""
    request = getattr(error, "_request", None)
    request_text = f"{dict(request.headers)} {request.url}" if isinstance(request, httpx.Request) else ""
    return f"{vars(error)} {request_text}"


def frames(error: BaseException) -> Iterator[tuple[str, str]]:
    """Yield the variables of the frames that an error passed, except those of tests and of modules given a key."""
    for frame, line in traceback.walk_tb(error.__traceback__):
        module = frame.f_globals.get("__name__", "")
        if (
            module.partition(".")[0] in EXAMINED_PACKAGES
            and module not in MODULES_GIVEN_KEYS
            and frame.f_code.co_name != "__init__"
        ):
            for name, value in frame.f_locals.items():
                yield f"{name} in {module}, line {line}", safe_repr(value)


def safe_repr(value: object) -> str:
    """Return what an error report shows of a variable; an object that is not initialised may have no repr."""
    try:
        return repr(value)
    except Exception as error:  # noqa: BLE001 - any object of a test
        return repr(error)


def pickled(error: BaseException) -> str:
    """Return the bytes of a pickle as text; empty if the error does not pickle."""
    try:
        return pickle.dumps(error).decode("latin-1")
    except Exception:  # noqa: BLE001 - see `unpicklable`
        return ""


def unpicklable(error: BaseException) -> list[str]:
    """Return a complaint if an error does not pickle, unless it holds an object of a test, which need not pickle."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception as reason:  # noqa: BLE001 - pickle may raise anything
        held = [type(error), *map(type, vars(error).values())]
        if any(kind.__module__.startswith(("contract_tests", "unittest")) for kind in held):
            return []
        return [f"a pickle that fails: {error!r}: {reason!r}"]
    return []


def calling_afterwards(method: Callable[..., Any], note: Callable[[Any, Any], object]) -> Callable[..., Any]:
    """Wrap a method so that `note` is then called with its object and its result."""

    def wrapper(self: Any, *args: Any, **options: Any) -> Any:
        result = method(self, *args, **options)
        note(self, result)
        return result

    return wrapper


@contextmanager
def at_debug_level(logger: logging.Logger) -> Iterator[None]:
    """Set a logger to DEBUG."""
    level = logger.level
    logger.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        logger.setLevel(level)


@contextmanager
def watching_for_leaks() -> Iterator[LeakWatch]:
    """Watch for leaks inside the block."""
    watch = LeakWatch()
    hooks: list[tuple[type, str, Callable[[Any, Any], object]]] = [
        (AccessKey, "_sign", lambda _, token: watch.secrets.add(token))
    ]
    hooks += [(KlingkitError, "__init__", lambda self, _: watch.errors.append(self))]
    hooks += [(kind, "__init__", lambda self, _: watch.instances.append(self)) for kind in EXAMINED_CLASSES]
    with ExitStack() as stack:
        for name in DEBUG_LOGGERS:
            stack.enter_context(at_debug_level(logging.getLogger(name)))
        for kind, method, note in hooks:
            stack.enter_context(patch.object(kind, method, calling_afterwards(getattr(kind, method), note)))
        logging.getLogger().addHandler(watch)
        stack.callback(logging.getLogger().removeHandler, watch)
        yield watch
