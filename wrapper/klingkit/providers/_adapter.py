"""The base of all adapters: configuration, and what a response proves about a paid request."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, BinaryIO, ClassVar, Final, TypeVar, cast

import httpx

from klingkit._auth import Auth
from klingkit._base import InvalidRequest, KlingkitError, TaskRef, invalid
from klingkit._errors import ConfigurationError, MalformedResponse, SubmissionUncertain, UnreadableSubmission
from klingkit._flow import destination
from klingkit._models import Task, TaskPage, UploadedFile
from klingkit._pacing import Pacing
from klingkit._text import printable
from klingkit.providers import _common as common
from klingkit.providers import _hints as hints
from klingkit.providers._codes import UNKNOWN, Code, Meaning
from klingkit.providers._envelope import body_of, code_of, is_rejection, message_of, own_code, shown_code
from klingkit.providers._failures import Verdict
from klingkit.providers._payloads import Payloads
from klingkit.providers._rejections import content_meaning, word_meaning

T = TypeVar("T")

FORBIDDEN: Final = 403
"""Bot-protection status; its body comes from the gateway, not the vendor."""

EXCERPT: Final = 200
"""Characters of an unreadable response that its error shows."""

MAY_EXIST: Final = "a task may exist, the paid request is not sent again"

COPIED: Final = {"api", "code", "vendor_message", "http_status", "request_id", "retry_after"}
"""The attributes that one error takes over from another."""

_DOUBT: Final = re.compile("timeout|internal|unavailable|server|upstream", re.IGNORECASE)
"""Words in a relay's own codes after which it is unknown what became of a request."""


class Adapter(ABC):
    """One API: its key, its host, its requests and responses.

    Args:
        api_key: The key; from the environment if None. It is sent to the host alone.
        base_url: The host; from the environment if None, then the documented one, if any.
        account: A name of your own for the account, kept in references where several are in use.
        auth: Makes the tokens, instead of a key.

    Raises:
        ConfigurationError: The key or the host is missing, or one of the three cannot be used.
    """

    name: ClassVar[str]
    route: ClassVar[str]
    variables: ClassVar[str]
    """The prefix of its environment variables."""
    host: ClassVar[str] = ""
    hosts: ClassVar[str] = ""
    """The hosts to suggest to a user who gives none."""

    success: ClassVar[frozenset[Code]]
    failure_codes: ClassVar[frozenset[Code]] = frozenset()
    """Codes, in the body or as HTTP status, with which a query reports a failed task."""
    stale_codes: frozenset[Code] = frozenset()
    """Codes of a token that is too old or too new."""
    codes: ClassVar[Mapping[Code, Meaning]]
    """What each code means, unless the HTTP status disagrees."""
    query_codes: ClassVar[Mapping[Code, Meaning]]
    """The same in the response to a query."""
    failures: ClassVar[Mapping[Code, Verdict]]
    """Whether paying again may help, by the code of a failed task."""
    text_codes: ClassVar[bool] = False
    """Whether services are known to reject with words as codes, which its spec does not declare."""
    standard_webhooks: ClassVar[bool] = True
    """Whether callbacks are signed by Standard Webhooks; by kie's scheme otherwise."""
    upload_paths: ClassVar[tuple[str, ...]] = ()
    """Where it takes files."""
    payloads: ClassVar[Payloads]
    """What it sends, for the tests of services."""
    known_limits: ClassVar[Pacing] = Pacing()
    """The limits of an account at the vendor's own host, as far as they are known."""

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
        at_vendor = bool(self.host) and httpx.URL(self.base_url).host == httpx.URL(self.host).host
        self.pacing: Pacing = self.known_limits if at_vendor else Pacing()
        """The limits that clients keep to by default."""
        common.user_agent()  # imports a module, which must not be left to a first call: see `_fork`

    def __repr__(self) -> str:
        return f"{type(self).__name__}(base_url={self.base_url!r}, account={self.account!r})"

    # What differs from API to API

    @classmethod
    @abstractmethod
    def task_id(cls, envelope: Mapping[str, Any]) -> str | None:
        """Return the id of the task that a response names, if any."""

    @classmethod
    @abstractmethod
    def task(cls, ref: TaskRef, envelope: Mapping[str, Any]) -> Task | None:
        """Return the task that a response describes, if any.

        Raises:
            Unreadable: Its description cannot be read.
        """

    @abstractmethod
    def query(self, ref: TaskRef) -> httpx.Request:
        """Make the request that queries a task."""

    @abstractmethod
    def unmakeable(self, model: str) -> httpx.Request:
        """Make a creation that no service can make a video of: of a model that does not exist, without a prompt."""

    # What is alike, unless an API overrides it

    def hint(self, error: type[KlingkitError], code: Code, message: str | None, response: httpx.Response) -> str:  # noqa: ARG002 - for APIs that know more
        """Return the next step after an error response, to be appended to its text; empty if there is none to name."""
        return hints.about_url(response, code)

    def external_ref(self, external_task_id: str) -> TaskRef | None:  # noqa: ARG002 - for APIs with external ids
        """Return the reference that queries a task by its external id; None: the API has no such ids."""
        return None

    def external_id_of(self, call: httpx.Request) -> str | None:
        """Return the external id that a paid request carries, from any source; None if the API has no such ids."""
        external_id = common.json_object(call.content).get("external_task_id")
        try:
            return external_id if external_id is not None and self.external_ref(external_id) else None
        except InvalidRequest as error:
            raise InvalidRequest(f"external_task_id: {error}") from error

    def read_search(self, response: httpx.Response, external_task_id: str, *, within: float) -> TaskRef:  # noqa: ARG002 - for APIs with external ids
        """Read the response to a query by external id; no such query is sent where the API has no such ids."""
        raise InvalidRequest(f"{self.name} has no external ids, so not {external_task_id!r}")

    def bare_id(self, envelope: Mapping[str, Any]) -> str | None:  # noqa: ARG002 - for relays
        """Return what can only be the id of the task that a successful creation names, if `task_id` finds none."""
        return None

    def fresh_link(self, url: str) -> httpx.Request | None:  # noqa: ARG002 - for APIs that give links
        """Make the request for a link that replaces an expired URL; None: the API has no such request."""
        return None

    def read_link(self, response: httpx.Response) -> str:
        """Read the response to `fresh_link`."""

        def link(data: object) -> str | None:
            url = common.text(data)
            return url if common.is_web_url(url) else None

        return self._read_data(response, link, "no link")

    def credits(self) -> httpx.Request:
        """Make the request for the credits that the account has left."""
        raise ConfigurationError(f"{self.name} has no request for credits")

    def read_credits(self, response: httpx.Response) -> Decimal:
        """Read the response to `credits`."""
        return self._read_data(response, common.amount, "no number of credits")

    def list_tasks(self, page: str | None) -> httpx.Request:  # noqa: ARG002 - for APIs that have a list
        """Make the request for a page of the account's tasks."""
        raise ConfigurationError(f"{self.name} has no list of tasks: keep the references of yours")

    def read_list(self, response: httpx.Response, page: str | None) -> TaskPage:  # noqa: ARG002 - for APIs that have a list
        """Read the response to `list_tasks`; no such request is sent where the API has none."""
        raise ConfigurationError(f"{self.name} has no list of tasks")

    def upload(self, content: BinaryIO | str, *, name: str, media_type: str | None) -> httpx.Request:  # noqa: ARG002 - for APIs that take files
        """Make the request that uploads a file."""
        raise ConfigurationError(f"{self.name} has no request for uploads")

    def read_upload(self, response: httpx.Response) -> UploadedFile:
        """Read the response to `upload`."""
        return self._read_data(response, common.uploaded_file, "no URL of the file")

    def _read_data(self, response: httpx.Response, read: Callable[[object], T | None], missing: str) -> T:
        """Read the `data` of a response about no task; `missing` names what is not there if `read` finds nothing."""
        envelope = self._envelope(response, self.codes)
        code = code_of(envelope, response.status_code)
        try:
            if response.status_code >= 400 or code not in self.success:
                raise self._api_error(response, envelope, code, self.codes)
            found = read(envelope.get("data"))
            if found is None:
                raise common.Unreadable(missing)
        except common.Unreadable as error:
            raise self._malformed(response, error) from error
        return found

    def read_submission(self, response: httpx.Response) -> TaskRef:
        """Classify the response to a paid request: task created, proven not created, or unknown."""
        status = response.status_code
        try:
            envelope = body_of(response)
        except common.Unreadable as error:
            unread = self._unreadable_submission(response, error)
            raise unread from unread.__cause__
        code = code_of(envelope, status)
        stated = self._rejected_in_words(envelope, code, status)
        try:
            ref = self._ref(self.task_id(envelope))
            if code in self.success and ref is None and stated is None:
                ref = self._ref(self.bare_id(envelope)) if status < 400 else None
                if ref is None:
                    raise common.Unreadable("no task id")
        except common.Unreadable as error:  # an id that cannot be used names a task all the same
            raise _unreadable(self._malformed(response, error, envelope=envelope, code=code)) from error
        if code in self.success and ref and status < 400:
            return ref
        api_error = self._api_error(response, envelope, code, self.codes, stated)
        proven = stated.nothing_created if stated else self._nothing_created(envelope, code, status)
        if ref is None and proven:
            raise api_error
        raise _uncertain(api_error, ref) from api_error

    def read_task(self, ref: TaskRef, response: httpx.Response) -> Task:
        """Read the response to a query; a task in an error response is not believed."""
        status = response.status_code
        envelope = self._envelope(response, self.query_codes, ref)
        code = code_of(envelope, status)
        try:
            if (status >= 400 and status not in self.failure_codes) or code not in self.success | self.failure_codes:
                raise self._api_error(response, envelope, code, self.query_codes)
            task = self.task(ref, envelope)
            if task is None and code in self.failure_codes:
                raise self._api_error(response, envelope, code, self.query_codes)
            if task is None:
                raise common.Unreadable("no record of the task")
        except common.Unreadable as error:
            raise self._malformed(response, error, ref) from error
        return task

    def _check(self, ref: TaskRef) -> None:
        """Refuse a task of another API or account."""
        if not isinstance(ref, TaskRef):  # pyright: ignore[reportUnnecessaryIsInstance] - not everybody checks types
            held = "; use its .ref" if isinstance(getattr(ref, "ref", None), TaskRef) else ""
            raise invalid("ref", f"a TaskRef, which TaskRef.parse reads from text{held}", ref)
        if (ref.api, ref.route, ref.account) != (self.name, self.route, self.account):
            ours = TaskRef(self.name, self.route, "...", self.account)
            raise InvalidRequest(f"task {ref} belongs elsewhere: this client queries {ours}", ref=ref)

    def _ref(self, task_id: str | None) -> TaskRef | None:
        try:
            return TaskRef(self.name, self.route, task_id, self.account) if task_id else None
        except InvalidRequest as error:
            raise common.Unreadable(str(error)) from error

    def _rejected_in_words(self, envelope: Mapping[str, Any], code: Code, status: int) -> Meaning | None:
        """Return the meaning of words of a rejection that outrank code and status; None if there are none."""
        word = word_meaning(envelope, status)
        if (
            code in {*self.success, "success"} and status < 400
        ):  # a success that the body itself states contradicts the word
            return word if envelope.get("code") in (None, "") else None
        if word and (word.again != "pay" or status < 400 or is_rejection(status)):
            return word
        meaning, shown = self._meaning(envelope, code, status, self.codes), shown_code(envelope, code, status)
        proven = self._nothing_created(envelope, code, status)
        return content_meaning(meaning, shown, message_of(envelope), proven=proven)

    def _nothing_created(self, envelope: Mapping[str, Any], code: Code, status: int) -> bool:
        """Return whether a response proves that no task was created; if body and status disagree, it does not."""
        proven_by_code = self.codes.get(code, UNKNOWN).nothing_created
        if status < 300:
            return proven_by_code
        if isinstance(code, str):
            return is_rejection(status) and not _DOUBT.search(code)
        if is_rejection(status):
            return code == status or proven_by_code
        return proven_by_code and common.integer(own_code(envelope)) == status

    def _meaning(self, envelope: Mapping[str, Any], code: Code, status: int, codes: Mapping[Code, Meaning]) -> Meaning:
        """Return what an error response means by its codes; a relay's own does not count under a status of 500."""
        shown = shown_code(envelope, code, status)
        by_word = word_meaning(envelope, status) if 400 <= status < 500 else None
        return by_word or codes.get(shown if status < 500 else code) or codes.get(status, UNKNOWN)

    def _api_error(
        self,
        response: httpx.Response,
        envelope: Mapping[str, Any],
        code: Code,
        codes: Mapping[Code, Meaning],
        stated: Meaning | None = None,
    ) -> KlingkitError:
        """Return the error of an error response; `code` is the one that counts for what it proves.

        `stated` is what the words of a rejection mean, which outrank it.
        """
        status = response.status_code
        shown = shown_code(envelope, code, status)
        meaning = stated or self._meaning(envelope, code, status, codes)
        message = message_of(envelope)
        error = meaning.error(
            f"{self.name}: error code {printable(str(shown), 100)}: {printable(message or 'without a reason')}"
            f"{self.hint(meaning.error, shown, message, response)}",
            api=self.name,
            code=shown,
            vendor_message=message,
            http_status=status,
            request_id=common.request_id(response, envelope),
            retry_after=common.retry_after(response),
        )
        error.again = meaning.again
        return error

    def _envelope(
        self, response: httpx.Response, codes: Mapping[Code, Meaning], ref: TaskRef | None = None
    ) -> Mapping[str, Any]:
        """Return the body of a response that cost nothing; if it is unreadable, raise what its status means."""
        try:
            return body_of(response)
        except common.Unreadable as unreadable:
            error = self._by_status(self._malformed(response, unreadable, ref), codes)
            if response.status_code == FORBIDDEN or response.status_code >= 500:
                error.again = "ask"  # it may be a gateway's, whatever the vendor means by this status
            raise error from error.__cause__

    def _unreadable_submission(self, response: httpx.Response, error: common.Unreadable) -> KlingkitError:
        """Return what an unreadable response to a paid request proves: its status alone may be a rejection."""
        malformed = self._malformed(response, error)
        if not is_rejection(response.status_code):
            return _unreadable(malformed)
        malformed.again = "never"
        return self._by_status(malformed, self.codes)

    def _by_status(self, malformed: MalformedResponse, codes: Mapping[Code, Meaning]) -> KlingkitError:
        """Return the error that the status of an unreadable response means; `malformed` where it means none."""
        status = cast("int", malformed.http_status)
        meaning = codes.get(status, UNKNOWN if status >= 500 else None)
        if status < 400 or meaning is None:
            return malformed
        error = meaning.error(f"{self.name}: {malformed}", **_copied(malformed), ref=malformed.ref)
        error.code, error.again, error.__cause__ = status, meaning.again, malformed
        return error

    def _malformed(
        self,
        response: httpx.Response,
        reason: Exception,
        ref: TaskRef | None = None,
        *,
        envelope: Mapping[str, Any] | None = None,
        code: Code | None = None,
    ) -> MalformedResponse:
        """Return the error of a response that cannot be read."""
        excerpt = response.content[: 4 * EXCERPT].decode("utf-8", "replace")[:EXCERPT]
        unread = f"HTTP {response.status_code} with an unreadable response: {reason}: {excerpt!r}"
        malformed = MalformedResponse(
            unread + (hints.about_url(response) or destination(response)),
            reason=str(reason),
            excerpt=excerpt,
            api=self.name,
            code=code,
            http_status=response.status_code,
            request_id=common.request_id(response, envelope or {}),
            retry_after=common.retry_after(response),
            ref=ref,
        )
        malformed.__cause__ = reason
        return malformed


def _uncertain(error: KlingkitError, ref: TaskRef | None) -> SubmissionUncertain:
    return SubmissionUncertain(f"{MAY_EXIST}: {error}", **_copied(error), ref=ref)


def _unreadable(error: MalformedResponse) -> UnreadableSubmission:
    details: dict[str, Any] = {**_copied(error), "reason": error.reason, "excerpt": error.excerpt}
    doubt = UnreadableSubmission(f"{MAY_EXIST}: {error}", **details)
    doubt.__cause__ = error.__cause__
    return doubt


def _copied(error: KlingkitError) -> dict[str, Any]:
    return {name: value for name, value in vars(error).items() if name in COPIED}
