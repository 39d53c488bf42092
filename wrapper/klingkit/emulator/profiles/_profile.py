"""What tells an API from the others before, and beside, the service that emulates it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from klingkit.emulator.profiles._codes import KnownCode

Operation: TypeAlias = Literal["create", "query", "list", "upload", "media", "other"]

SLASH = "\udc2f"
"""Stands for an escaped slash in a decoded path. It is a lone surrogate, which no decoded text contains."""


@dataclass(frozen=True, kw_only=True)
class Profile:
    """One API.

    Attributes:
        variable: prefix of the environment variables of its clients.
        roots: what its paths begin with.
        classify: returns what a request does, by its method, path and query, and the id of the task that it names.
        prompt: returns the prompt in the body of a creation, as far as it is there: it may raise what a lookup does.
        codes: every code that docs/errors.md lists for it, and the words of relays, each with its meaning.
        uploads: paths that take files.
        files: those of them whose bodies are files, which are not recorded.
        access_keys: whether it takes tokens signed with an access key by the names in `variable`.
        standard_webhooks: whether callbacks are signed by Standard Webhooks; by kie.ai's scheme otherwise.
        one_callback: whether a task has one callback alone, which nothing can overtake.
        failure_codes: whether a failed task may have a code, in some dialect.
    """

    variable: str
    roots: tuple[str, ...]
    classify: Callable[[str, str, str], tuple[Operation, str | None]]
    prompt: Callable[[Any], object]
    codes: Mapping[int | str, KnownCode]
    uploads: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    access_keys: bool = False
    standard_webhooks: bool = True
    one_callback: bool = False
    failure_codes: bool = True
