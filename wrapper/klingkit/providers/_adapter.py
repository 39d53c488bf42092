"""What all adapters share: who and where, and what an answer proves."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Final, cast

import httpx

from klingkit._auth import Auth
from klingkit._errors import (
    InvalidRequest,
    KlingkitError,
    MalformedResponse,
    SubmissionUncertain,
    UnreadableSubmission,
)
from klingkit._flow import UNREADABLE
from klingkit._models import Task, TaskRef
from klingkit.providers import _common as common
from klingkit.providers._codes import UNKNOWN, Code, Meaning

FORBIDDEN: Final = 403
"""The HTTP status that gateways give to whom they take for a robot, for a while; its bodies are no vendor's."""

EXCERPT: Final = 200
"""Characters of an unreadable answer shown in its error."""


class Adapter(ABC):
    """One API: its key, its host, and how to speak with it.

    Args:
        api_key: The key; from the environment if None. It goes nowhere but to the host.
        base_url: The host; from the environment if None, then the documented one, where there is one.
        account: A name of your own for the account, kept in references where several are in use.
        auth: What makes tokens, instead of a key.

    Raises:
        ConfigurationError: The key or the host is missing, or one of the three cannot be used.
    """

    name: ClassVar[str]
    route: ClassVar[str]
    variables: ClassVar[str]
    """What the names of its environment variables begin with."""
    host: ClassVar[str] = ""
    hosts: ClassVar[str] = ""
    """What to tell a user who names no host."""

    success: ClassVar[frozenset[Code]]
    failure_codes: ClassVar[frozenset[Code]] = frozenset()
    """Codes, in the body or as HTTP status, under which a task's failure is told."""
    stale: frozenset[Code] = frozenset()
    """Codes which say that a token is too old or too new."""
    codes: ClassVar[Mapping[Code, Meaning]]
    """What each code means, where the HTTP status does not disagree."""
    query_codes: ClassVar[Mapping[Code, Meaning]]
    """The same, in the answer to a query."""

    def __init__(
        self,
        api_key: str | None = None,
        base_url: str | None = None,
        account: str | None = None,
        *,
        auth: Auth | None = None,
    ) -> None:
        self.auth: Auth = auth or common.bearer(api_key, f"{self.variables}_API_KEY")
        self.external_ids: bool = False
        self.base_url: str = common.base_url(base_url, f"{self.variables}_BASE_URL", self.host, self.hosts)
        self.account: str | None = common.account(account)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(base_url={self.base_url!r}, account={self.account!r})"

    # What differs from API to API

    @classmethod
    @abstractmethod
    def task_id(cls, envelope: Mapping[str, Any]) -> str | None:
        """Return the id of the task that an answer names, if it names one."""

    @classmethod
    @abstractmethod
    def task(cls, ref: TaskRef, envelope: Mapping[str, Any]) -> Task | None:
        """Return the task that an answer describes, if it describes one.

        Raises:
            Unreadable: It does so in a way that cannot be read.
        """

    @abstractmethod
    def query(self, ref: TaskRef) -> httpx.Request:
        """Make the request that asks after a task."""

    # What is alike, where an API does not say otherwise

    def named(self, external_task_id: str) -> TaskRef | None:  # noqa: ARG002 - for APIs that know such ids
        """Return what asks after a task by an id of our own; None: the API knows no such ids."""
        return None

    def external_id_of(self, call: httpx.Request) -> str | None:
        """Return the id that a paid request carries, whoever put it there; None where the API knows no such ids."""
        name = common.json_object(call.content).get("external_task_id")
        try:
            return name if name is not None and self.named(name) else None
        except InvalidRequest as error:
            raise InvalidRequest(f"external_task_id: {error}") from error

    def found(self, answer: httpx.Response, external_task_id: str, *, within: float) -> TaskRef:  # noqa: ARG002 - adapters with ids of ours need them
        """Read the answer to a query after an id of our own; no such query leaves where the API knows no such ids."""
        raise InvalidRequest(f"{self.name} knows no ids but its own, so not {external_task_id!r}")

    def relink(self, url: str) -> httpx.Request | None:  # noqa: ARG002 - for APIs that give links
        """Return what asks for a link in place of a URL whose time is up; None: the API gives none."""
        return None

    def relinked(self, answer: httpx.Response) -> str:
        """Read the answer to `relink`."""
        envelope = self._envelope(answer, self.codes)
        code = _code(envelope, answer.status_code)
        try:
            if answer.status_code >= 400 or code not in self.success:
                raise self._refusal(answer, envelope, code, self.codes)
            link = common.text(envelope.get("data"))
            if link is None or not common.is_web_url(link):
                raise common.Unreadable("no link")
        except common.Unreadable as error:
            raise self._malformed(answer, error) from error
        return link

    def submitted(self, answer: httpx.Response) -> TaskRef:
        """Read the answer to a paid request: a task, no task, or nobody knows."""
        status = answer.status_code
        try:
            envelope = _body(answer)
        except common.Unreadable as error:
            refusal = self._unread(answer, error)
            raise refusal from refusal.__cause__
        code = _code(envelope, status)
        try:
            ref = self._created(envelope)
            if code in self.success and ref is None:
                raise common.Unreadable("no task id")
        except common.Unreadable as error:  # an id that cannot be used names a task all the same
            raise _unreadable(self._malformed(answer, error, envelope=envelope, code=code)) from error
        if code in self.success and ref and status < 400:
            return ref
        refusal = self._refusal(answer, envelope, code, self.codes)
        if ref is None and self._nothing_created(code, status):
            raise refusal
        raise _uncertain(refusal, ref) from refusal

    def read(self, ref: TaskRef, answer: httpx.Response) -> Task:
        """Read the answer to a query; what an error says of a task is not believed."""
        status = answer.status_code
        envelope = self._envelope(answer, self.query_codes, ref)
        code = _code(envelope, status)
        try:
            if (status >= 400 and status not in self.failure_codes) or code not in self.success | self.failure_codes:
                raise self._refusal(answer, envelope, code, self.query_codes)
            task = self.task(ref, envelope)
            if task is None and code in self.failure_codes:
                raise self._refusal(answer, envelope, code, self.query_codes)
            if task is None:
                raise common.Unreadable("no record of the task")
        except common.Unreadable as error:
            raise self._malformed(answer, error, ref) from error
        return task

    def _check(self, ref: TaskRef) -> None:
        """Refuse to ask one API, or one account, after a task of another."""
        if not isinstance(ref, TaskRef):  # pyright: ignore[reportUnnecessaryIsInstance] - not everybody checks types
            raise InvalidRequest(f"ref: a TaskRef, which TaskRef.parse reads from text, not {ref!r}")
        if (ref.api, ref.route, ref.account) != (self.name, self.route, self.account):
            ours = TaskRef(self.name, self.route, "...", self.account)
            raise InvalidRequest(f"task {ref} belongs elsewhere: this client asks after {ours}", ref=ref)

    def _created(self, envelope: Mapping[str, Any]) -> TaskRef | None:
        task_id = self.task_id(envelope)
        try:
            return TaskRef(self.name, self.route, task_id, self.account) if task_id else None
        except InvalidRequest as error:
            raise common.Unreadable(str(error)) from error

    def _nothing_created(self, code: Code, status: int) -> bool:
        """Tell whether an answer proves that no task was created: where body and status disagree, it does not."""
        known_no = self.codes.get(code, UNKNOWN).nothing_created
        if status < 300:
            return known_no
        if isinstance(code, str):
            return _refused(status) and not _DOUBT.search(code)
        return _refused(status) and (code == status or known_no)

    def _refusal(
        self,
        answer: httpx.Response,
        envelope: Mapping[str, Any],
        code: Code,
        codes: Mapping[Code, Meaning],
    ) -> KlingkitError:
        """Describe a no; `code` is the one that counts for what it proves."""
        status = answer.status_code
        told = _told(envelope, code, status)
        meaning = codes.get(told if status < 500 else code) or codes.get(status, UNKNOWN)
        message = _words(envelope)
        refusal = meaning.error(
            f"{self.name} says no, code {told}: {message or 'without a reason'}",
            api=self.name,
            code=told,
            vendor_message=message,
            http_status=status,
            request_id=common.request_id(answer, envelope),
            retry_after=common.retry_after(answer),
        )
        refusal.again = meaning.again
        return refusal

    def _envelope(
        self, answer: httpx.Response, codes: Mapping[Code, Meaning], ref: TaskRef | None = None
    ) -> Mapping[str, Any]:
        """Return the body of an answer that cost nothing, or raise what its status alone says."""
        try:
            return _body(answer)
        except common.Unreadable as error:
            refusal = self._by_status(self._malformed(answer, error, ref), codes)
            if answer.status_code == FORBIDDEN or answer.status_code >= 500:
                refusal.again = "ask"  # a gateway's, whatever the vendor would mean by it
            raise refusal from refusal.__cause__

    def _unread(self, answer: httpx.Response, error: common.Unreadable) -> KlingkitError:
        """Describe what an unreadable answer to a paid request proves: its status alone may say no."""
        malformed = self._malformed(answer, error)
        if not _refused(answer.status_code):
            return _unreadable(malformed)
        malformed.again = "never"
        return self._by_status(malformed, self.codes)

    def _by_status(self, malformed: MalformedResponse, codes: Mapping[Code, Meaning]) -> KlingkitError:
        """Return what the status of an unreadable answer means; the answer itself where it means nothing."""
        status = cast("int", malformed.http_status)
        meaning = codes.get(status, UNKNOWN if status >= 500 else None)
        if status < 400 or meaning is None:
            return malformed
        known = {name: value for name, value in vars(malformed).items() if name in KNOWN}
        refusal = meaning.error(f"{self.name} says no: {malformed}", **known, ref=malformed.ref)
        refusal.code, refusal.again, refusal.__cause__ = status, meaning.again, malformed
        return refusal

    def _malformed(
        self,
        answer: httpx.Response,
        why: Exception,
        ref: TaskRef | None = None,
        *,
        envelope: Mapping[str, Any] | None = None,
        code: Code | None = None,
    ) -> MalformedResponse:
        """Describe an answer that cannot be read."""
        excerpt = answer.content[: 4 * EXCERPT].decode("utf-8", "replace")[:EXCERPT]
        malformed = MalformedResponse(
            f"HTTP {answer.status_code} with an unreadable answer: {why}: {excerpt!r}",
            reason=str(why),
            excerpt=excerpt,
            api=self.name,
            code=code,
            http_status=answer.status_code,
            request_id=common.request_id(answer, envelope or {}),
            retry_after=common.retry_after(answer),
            ref=ref,
        )
        malformed.__cause__ = why
        return malformed


def _body(answer: httpx.Response) -> Mapping[str, Any]:
    if answer.extensions.get(UNREADABLE):
        raise common.Unreadable(answer.extensions[UNREADABLE])
    return common.json_object(answer.content)


def _code(envelope: Mapping[str, Any], status: int) -> Code:
    """Return the vendor's code, as a number where it is one."""
    code = envelope.get("code")
    if isinstance(code, int | float) or (isinstance(code, str) and code.isascii() and code.isdigit()):
        number = common.integer(code)
        return status if number is None else number
    if isinstance(code, str) and code:
        return "success" if code.lower() == "success" else code
    return 200 if 200 <= status < 300 else status


def _told(envelope: Mapping[str, Any], code: Code, status: int) -> Code:
    """Return the code to show: a relay's own is in its `error`, and the HTTP status says what it proves."""
    own = envelope.get("code") not in (None, "")
    return code if own else _code(common.as_object(envelope.get("error")), status)


def _words(envelope: Mapping[str, Any]) -> str | None:
    """Return the vendor's words from wherever they are: relays and gateways put them in `error` or `detail`."""
    error = envelope.get("error")
    inside = common.as_object(error)
    said = (
        *(envelope.get("msg"), envelope.get("message")),
        *(inside.get("message"), inside.get("msg")),
        *(error if isinstance(error, str) else None, envelope.get("detail")),
    )
    return next((common.text(words) for words in said if words), None)


def _refused(status: int) -> bool:
    """Tell whether an HTTP status alone says that nothing was done; 499 is a gateway's word for a lost client."""
    return 400 <= status < 500 and status not in {408, 409, 499}


def _uncertain(refusal: KlingkitError, ref: TaskRef | None) -> SubmissionUncertain:
    known = {name: value for name, value in vars(refusal).items() if name in KNOWN}
    return SubmissionUncertain(f"{MAY_EXIST}: {refusal}", **known, ref=ref)


def _unreadable(error: MalformedResponse) -> UnreadableSubmission:
    known = {name: value for name, value in vars(error).items() if name in KNOWN}
    doubt = UnreadableSubmission(f"{MAY_EXIST}: {error}", **known, reason=error.reason, excerpt=error.excerpt)
    doubt.__cause__ = error.__cause__
    return doubt


_DOUBT: Final = re.compile("timeout|internal|unavailable|server|upstream", re.IGNORECASE)
"""What a relay's own codes say when it does not know what became of a request."""

MAY_EXIST: Final = "a task may exist, the paid request is not sent again"
KNOWN: Final = {"api", "code", "vendor_message", "http_status", "request_id", "retry_after"}
