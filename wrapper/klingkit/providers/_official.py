"""Kling's own text-to-video API, which documents 001 and 004 describe in two variants.

Requests differ from document to document; responses are read in every shape in use: enveloped or flat, every word for
success, numbers as strings, an official response wrapped by relays.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Final, Generic, Protocol, TypeVar, cast
from urllib.parse import quote

import httpx

from klingkit._auth import Auth
from klingkit._base import KlingkitError
from klingkit._errors import (
    AuthenticationError,
    ConfigurationError,
    ContentRefused,
    InsufficientCredit,
    InvalidRequest,
    MalformedResponse,
    NotFound,
    PermissionDenied,
    RateLimited,
    ServerError,
    SlotsFull,
)
from klingkit._models import Cost, Failure, Job, Status, Task, TaskPage, TaskRef
from klingkit.providers import _common as common
from klingkit.providers import _hints as hints
from klingkit.providers._adapter import Adapter
from klingkit.providers._codes import Code, Meaning, refused, unsure
from klingkit.providers._dialects import Dialect, dialect_of, official
from klingkit.providers._failures import OFFICIAL, Verdict, failure
from klingkit.providers._layers import (
    FAILURE_CODES,
    REASONS,
    STATE_FIELDS,
    Layer,
    first,
    has_reason,
    ids_of,
    is_of_exchange,
    opened,
    other_ids_of,
    other_task,
    reports_nothing,
    videos,
    walk,
)
from klingkit.providers._sendable import check_callback_url, check_fields, wrong_request
from klingkit.providers._states import ENDED, is_ready, status_of

CODES: Final[Mapping[Code, Meaning]] = {
    400: refused(InvalidRequest),
    401: refused(AuthenticationError),
    402: refused(InsufficientCredit),
    403: refused(PermissionDenied),
    404: refused(NotFound),
    422: refused(InvalidRequest),
    429: refused(RateLimited, again="pay"),
    **dict.fromkeys((500, 502, 503, 504), unsure(ServerError)),
    **dict.fromkeys((1000, 1001, 1002, 1003, 1004), refused(AuthenticationError)),
    1100: refused(PermissionDenied),
    1101: refused(InsufficientCredit),
    1102: refused(InsufficientCredit),
    1103: refused(PermissionDenied),
    1200: refused(InvalidRequest),
    1201: refused(InvalidRequest),
    1202: refused(NotFound),
    1203: refused(NotFound),
    1300: refused(InvalidRequest),
    1301: refused(ContentRefused),
    1302: refused(RateLimited, again="pay"),
    1303: refused(SlotsFull, again="pay"),
    1304: refused(PermissionDenied),
    **dict.fromkeys((5000, 5001, 5002), unsure(ServerError)),
    "task_not_exist": unsure(NotFound, again="never"),
}
"""What a code means: 001's, which are HTTP's, official and relays' ones (observed.md: official-codes, relay-codes)."""

WRONG_FORM: Final = frozenset({400, 422, 1200, 1201})
"""Codes of a request whose form a host does not take."""

REFUSES_MODELS: Final = frozenset({InvalidRequest, NotFound, PermissionDenied})
"""The errors of a creation whose model a host does not make, or no longer."""


class Typed(Protocol):
    """A generated request."""

    def to_dict(self) -> dict[str, Any]:
        """Return the body in the form of the document."""
        ...


RequestT = TypeVar("RequestT", bound=Typed)


class Official(Adapter, Generic[RequestT]):
    """The base of the native API and the relay; `RequestT` is the typed request of its document."""

    route = "text2video"
    path: ClassVar[str]
    typed: type[RequestT]

    success: ClassVar[frozenset[Code]] = frozenset({0, 200, "success"})
    stale_codes: frozenset[Code] = frozenset({1003, 1004})
    codes: ClassVar[Mapping[Code, Meaning]] = CODES
    query_codes: ClassVar[Mapping[Code, Meaning]] = {
        **CODES,
        **dict.fromkeys((400, 422, 1200, 1201), refused(NotFound)),
    }
    """A query has no parameter but the id, so an invalid parameter means an unknown task."""
    failures: ClassVar[Mapping[Code, Verdict]] = OFFICIAL

    def __init__(
        self,
        api_key: str | None = None,
        base_url: str | None = None,
        account: str | None = None,
        *,
        dialect: Dialect | None = None,
        external_ids: bool = False,
        auth: Auth | None = None,
    ) -> None:
        super().__init__(api_key, base_url, account, auth=auth)
        if dialect not in {"document", "official", None}:
            raise ConfigurationError(f"dialect: 'document' or 'official', not {dialect!r}")
        self.dialect: Dialect = dialect or dialect_of(self.base_url)
        self.external_ids = external_ids

    def submit(
        self,
        request: RequestT | Job,
        *,
        callback_url: str | None = None,
        external_task_id: str | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> httpx.Request:
        """Make the request that creates a task."""
        parameters = self._parameters(request)
        check_callback_url(callback_url, self.base_url)
        if external_task_id is not None:
            self._check_external(external_task_id)
        options = {"callback_url": callback_url, "external_task_id": external_task_id}
        delivery = {name: value for name, value in options.items() if value is not None}
        body = common.with_extra(_without_nulls(parameters, delivery), delivery)
        body = common.with_extra(body, _without_nulls(extra, delivery) if common.is_object(extra) else extra)
        return common.http_request("POST", self.base_url + self.path, body=body)

    def _parameters(self, request: RequestT | Job) -> dict[str, Any]:
        if isinstance(request, Job):
            return {"model_name": request.model, **request.input}
        if not isinstance(request, self.typed):
            raise wrong_request(self.name, request)
        check_fields(request, self.base_url)
        return official(request.to_dict()) if self.dialect == "official" else request.to_dict()

    def unmakeable(self, model: str) -> httpx.Request:
        """Make a creation that no service can make a video of."""
        return common.http_request("POST", self.base_url + self.path, body={"model_name": model})

    def hint(self, error: type[KlingkitError], code: Code, message: str | None, response: httpx.Response) -> str:
        """Return the next step after an error response: the clock, the host, the model, the dialect, or the URL."""
        if issubclass(error, AuthenticationError):
            if code in self.stale_codes or hints.is_about_time(message):
                return hints.about_time(response, self.auth)
            if self.base_url in self.hosts:
                return f"; a key is good at one host alone: {self.hosts}"
        retired = hints.about_retired(self.name, response) if error in REFUSES_MODELS else ""
        if code in WRONG_FORM and error is InvalidRequest and self.dialect == "document":
            return f'{retired}; this was sent with dialect="document": relays of official hosts want dialect="official"'
        return retired + super().hint(error, code, message, response)

    def query(self, ref: TaskRef) -> httpx.Request:
        """Make the request that queries a task."""
        self._check(ref)
        return common.http_request("GET", f"{self.base_url}{self.path}/{quote(ref.id, safe='')}")

    def list_tasks(self, page: str | None) -> httpx.Request:
        """Make the request for a page of the account's tasks, by its number (observed.md: official-list)."""
        parameters = {"pageNum": page or "1", "pageSize": str(PAGE_SIZE)}
        return common.http_request("GET", self.base_url + self.path, params=parameters)

    def read_list(self, response: httpx.Response, page: str | None) -> TaskPage:
        """Read a page; relays may have smaller ones, so only an empty one is the last."""
        found, following = self._read_data(response, self._listed, "no list of tasks"), int(page or "1") + 1
        return TaskPage(found, str(following) if found and following <= PAGES else None)

    def _listed(self, data: object) -> tuple[Task, ...] | None:
        """Read the records of a page.

        Raises:
            Unreadable: One of them is no record of a task.
        """
        return tuple(map(self._record, cast("list[object]", data))) if isinstance(data, list) else None

    def _record(self, record: object) -> Task:
        ref = self._ref(self.task_id(common.as_object(record)))
        task = None if ref is None else self.task(ref, common.as_object(record))
        if task is None:
            raise common.Unreadable(f"a list with {record!r:.100}, which is no record of a task")
        return task

    def external_ref(self, external_task_id: str) -> TaskRef:
        """Return the reference that queries a task by its external id, in place of the task's id."""
        return TaskRef(self.name, self.route, external_task_id, self.account)

    def read_search(self, response: httpx.Response, external_task_id: str, *, within: float) -> TaskRef:
        """Read the response to a query by external id.

        Some relays return an unrelated task, so require the same external id and a creation time after the payment:
        the id may have been used before.
        """
        ref = self.read_submission(response)
        layers = walk(common.json_object(response.content))
        ids, created = _external_ids(layers), common.moment(first(layers, *CREATED))
        if external_task_id not in ids:
            problem = f"the response names {', '.join(map(repr, ids)) or 'no such id'}"
        elif created is None:
            problem = f"the response does not say when task {ref.id!r} was created"
        elif (common.response_date(response) - created).total_seconds() > within + SLACK:
            when = f"{created:%Y-%m-%d %H:%M:%S} UTC"
            problem = f"the response names task {ref.id!r}, created at {when}, before the payment"
        else:
            return ref
        raise MalformedResponse(f"query for {external_task_id!r}: {problem}", api=self.name)

    def _check_external(self, task_id: str) -> None:
        try:
            self.external_ref(task_id)
        except (InvalidRequest, TypeError) as error:
            raise InvalidRequest(f"external_task_id: {error}") from error

    @classmethod
    def task_id(cls, envelope: Mapping[str, Any]) -> str | None:
        """Read the id, enveloped or flat: the outermost, which is the relay's own."""
        outer, *inner = layers = walk(envelope)
        found = [*map(_task_id, layers), *(_identifier(other_ids_of(layer)) for layer in (*inner, outer))]
        return next(filter(None, found), None)

    def bare_id(self, envelope: Mapping[str, Any]) -> str | None:
        """Read an `id` without a state, which relays give in a record or beside `object`; else an id as `data`."""
        records = [opened(envelope.get(name)) for name in RECORDS]
        records += [opened(record.get(name)) for record in records for name in RECORDS]
        records += [envelope] if str(envelope.get("object", "error")) not in NO_OBJECTS else []
        record = next((each for each in records if each.get("id")), None)
        data = envelope.get("data")
        alone = data if isinstance(data, str) and _BARE_ID.fullmatch(data) else None
        return common.identifier(alone if record is None else record["id"])

    @classmethod
    def task(cls, ref: TaskRef, envelope: Mapping[str, Any]) -> Task | None:
        """Read the record, enveloped or flat, or wrapped by relays; `ref` may hold an external id, the record none."""
        layers = walk(envelope)
        stated = _stated(layers, ref)
        if stated is None:
            return None
        at, word = stated
        ids = [*_ids(layers), *_external_ids(layers)]
        other = ids[0] if ids and ref.id not in ids else None if ids else other_task(layers[at], ref.id)
        if other is not None:
            raise common.Unreadable(f"the record of another task, {other!r}")
        if status_of(word) == "succeeded" and not videos(layers):  # a relay's word for the exchange, not for the task
            at, word = _deeper(layers, at) or stated
        around, within = layers[:at], layers[at:]
        status = status_of(word) or ("failed" if has_reason(within) else _unknown(word, layers))
        return Task(
            ref=ref,
            status=status,
            vendor_status=word,
            videos=videos([*within, *around]) if status == "succeeded" else (),
            failure=_failure(within, envelope) if status == "failed" else None,
            created=common.moment(first(within, *CREATED)),
            updated=common.moment(first(within, *UPDATED)),
            completed=common.moment(first(within, *COMPLETED)) if status in ENDED else None,
            progress=common.share(first(within, "progress")),
            cost=_cost(within) if status in ENDED else None,
            raw=envelope,
        )


CREATED: Final = ("created_at", "createdAt", "create_time", "createTime", "submit_time", "submitTime")
"""The fields with the time when a task was created."""

UPDATED: Final = ("updated_at", "updatedAt", "update_time", "updateTime")

COMPLETED: Final = ("completed_at", "completedAt", "finish_time", "finishTime", *UPDATED)
"""The fields with the time when an ended task ended; its last change is its end."""

RECORD: Final = frozenset(
    {"task_status", "taskStatus", "task_status_msg", "taskStatusMsg", "task_result", "taskResult"}
    | {"created_at", "createdAt", "submit_time", "submitTime", "progress", "fail_reason", "object"}
)
"""Fields by which a record without an id differs from the envelope of an exchange."""

RECORDS: Final = ("data", "result", "task", "job", "record")
"""The fields with the record of a new task."""

NO_OBJECTS: Final = frozenset({"error", "list"})

_BARE_ID: Final = re.compile(r"\d{8,}|[0-9a-f-]{16,}|(?:task|job)[_-](?=.*\d)[\w-]+", re.ASCII | re.IGNORECASE)
"""What can only be an id, where a word, a code or a date may be as well."""

PAGE_SIZE: Final = 500
"""Tasks on a page of the list, as many as there may be."""

PAGES: Final = 1000
"""The number of the last page."""

SLACK: Final = 300.0
"""Seconds by which a task may seem older than its payment: clocks differ."""


def _cost(layers: Sequence[Layer]) -> Cost | None:
    amount = common.amount(first(layers, "final_unit_deduction"))
    return None if amount is None else Cost(amount, "units")


def _unknown(word: str, layers: Sequence[Layer]) -> Status:
    """Return the status for an unknown word: the task goes on, unless it says that something is there, and it is."""
    return "succeeded" if is_ready(word) and videos(layers) else "running"


def _task_id(record: Mapping[str, Any]) -> str | None:
    """Read the id of a record."""
    return _identifier(ids_of(record))


def _identifier(values: Iterable[object]) -> str | None:
    return next(filter(None, map(common.identifier, values)), None)


def _stated(layers: Sequence[Layer], ref: TaskRef) -> tuple[int, str] | None:
    """Return which layer states the task, and its word; None: none does.

    Preferred are, in this order: a known word beside the id that was queried, beside any id, any word beside an id, and
    any word within an envelope. An envelope's own `status` may be about the exchange: it counts only in a record,
    or if it means a failure and nothing speaks for the exchange.
    """
    found: list[tuple[int, int, str]] = []
    for at, layer in enumerate(layers):
        word = _word(layer)
        if not word:
            continue
        known, task_id = status_of(word) is not None, _task_id(layer)
        bare = at == 0 and task_id is None and not RECORD.intersection(layer) and not videos([layer])
        if bare and (status_of(word) != "failed" or is_of_exchange(layer, word)):
            continue
        rank = 0 if known and task_id == ref.id else 1 if known and task_id else 2 if task_id else 3 if at else 4
        found.append((rank, at, word))
    return min(found)[1:] if found else None


def _deeper(layers: Sequence[Layer], at: int) -> tuple[int, str] | None:
    """Return the innermost layer below this one that states the task in a known word, and the word."""
    found = ((inner, _word(layer)) for inner, layer in enumerate(layers) if inner > at)
    return max(((inner, word) for inner, word in found if word and status_of(word)), default=None)


def _word(layer: Layer) -> str | None:
    word = first([layer], *STATE_FIELDS)
    return common.text(word) if isinstance(word, int | str) and not isinstance(word, bool) else None


def _ids(layers: Sequence[Layer]) -> list[str]:
    """Return every id of the task in these layers: a relay may add one of its own to the vendor's."""
    return list(_strings(value for layer in layers for value in ids_of(layer)))


def _external_ids(layers: Sequence[Layer]) -> list[str]:
    """Return every external id of the task in these layers."""
    holders = [*(common.as_object(layer.get("task_info")) for layer in layers), *layers]
    return list(_strings(holder.get("external_task_id") for holder in holders))


def _strings(ids: Iterable[object]) -> Iterator[str]:
    """Yield what can be an id: a string, or a whole number in place of one."""
    for one in ids:
        if isinstance(one, int | str) and not isinstance(one, bool) and one != "":
            yield str(one)


def _without_nulls(fields: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """Drop those of the named fields that are null, which equals absent, so that they can be set."""
    return {name: value for name, value in fields.items() if value is not None or name not in names}


def _failure(layers: Sequence[Layer], envelope: Layer) -> Failure:
    """Read the reason of a failure from wherever the API puts it."""
    error = first(layers, "error", "incomplete_details")
    detail = common.as_object(error)
    outer: Layer = {} if reports_nothing(envelope.get("code")) else envelope
    failing = [layer for layer in layers if layer.get("code") is None or not reports_nothing(layer["code"])]
    reason = (
        first(layers, "task_status_msg", "taskStatusMsg", *REASONS)
        or first([detail], "message", "msg", "reason")
        or (None if detail else error)
        or first([*failing, outer], "message", "msg")
    )
    code = first([detail, outer], "code") or first(layers, *FAILURE_CODES)
    known = code if isinstance(code, int | str) else None
    return failure(OFFICIAL, known, common.text(reason), layers[0])
