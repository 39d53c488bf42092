"""Rules of the emulator that no schema states: owners of tasks, order of states, contents of errors and callbacks.

They are read off the documents by hand, and hold for each exchange in the order in which it happened.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import cache
from typing import Any, Final

from attrs import define, field

from scripts.checks.endpoints import Endpoints
from scripts.checks.exchanges import UNREADABLE, Exchange, read
from scripts.checks.oracle import documented
from scripts.checks.recording import MEDIA, NAME, Callback, Session
from scripts.specs.spec import is_list, is_object

STAGES: Final = {"accepted": 0, "running": 1, "succeeded": 2, "failed": 2}
MOMENTS: Final = ("createTime", "created_at", "completeTime", "updated_at")
YEARS: Final = range(1_600_000_000_000, 4_000_000_000_000)
"""Milliseconds from 2020 to 2096: no seconds, no microseconds."""


@define
class History:
    """What has happened so far in a session, as the rules need it."""

    endpoints: Endpoints
    keys: Collection[str] | None
    made: dict[str, Exchange] = field(factory=dict[str, Exchange])
    """Task id -> the exchange that created it."""
    names: dict[tuple[str | None, str], str] = field(factory=dict[tuple[str | None, str], str])
    """A user and the user's own name for a task -> its id."""
    records: dict[str, Mapping[str, Any]] = field(factory=dict[str, Mapping[str, Any]])
    """Task id -> its record, as it was shown last."""

    def learn(self, exchange: Exchange) -> None:
        """Note what an exchange has changed."""
        task_id = self.endpoints.id_in(exchange.response)
        if exchange.status != 200 or not isinstance(task_id, str):
            return
        if self.endpoints.creates(exchange):
            self.made.setdefault(task_id, exchange)
            if name := name_in(exchange):
                self.names.setdefault((exchange.key, name), task_id)
        elif self.endpoints.queried(exchange):
            self.records[task_id] = self.endpoints.record_in(exchange.response)

    def requested(self, exchange: Exchange) -> str | None:
        """Return the id of the user's own task that is queried; None: the user has none of this id or name."""
        task_id = self.endpoints.queried(exchange) or ""
        own = task_id in self.made and self.made[task_id].key == exchange.key
        return task_id if own else self.names.get((exchange.key, task_id))

    def is_let_in(self, exchange: Exchange) -> bool:
        """Whether an operation is called with a key that there is."""
        known = exchange.key in self.keys if self.keys is not None else exchange.key is not None
        return self.endpoints.serves(exchange) and known

    def state(self, record: Any) -> str:
        """Return our word for the state of a record; "" for what is none."""
        word = record.get(self.endpoints.state) if is_object(record) else None
        return self.endpoints.states.get(word, "") if isinstance(word, str) else ""


def problems(endpoints: Endpoints, session: Session, compared: dict[str, int] | None = None) -> Iterator[str]:
    """Yield what breaks a law, each beginning with the law's name; count in `compared` what each law applied to."""
    past = History(endpoints, session.keys)
    for exchange in session.exchanges:
        for law, applies in LAWS.items():
            if applies(past, exchange):
                if compared is not None:
                    compared[law.__name__] = compared.get(law.__name__, 0) + 1
                yield from (f"{law.__name__}: {what}: {exchange}" for what in law(past, exchange))
        past.learn(exchange)
    for calls in session.callbacks:
        if compared is not None:
            compared[callbacks.__name__] = compared.get(callbacks.__name__, 0) + len(calls)
        yield from (f"{callbacks.__name__}: {what}" for what in callbacks(past, calls))


def name_in(exchange: Exchange) -> str | None:
    """Return the user's own name for the task; an empty text counts as none."""
    name = exchange.body.get(NAME) if is_object(exchange.body) else None
    return name if isinstance(name, str) and name else None


# Responses of any kind


def json_objects(_: History, exchange: Exchange) -> Iterator[str]:
    """Every response is a JSON object."""
    if exchange.response_type != "application/json" or not is_object(exchange.response):
        yield f"{exchange.response_type} instead of a JSON object"


def errors(past: History, exchange: Exchange) -> Iterator[str]:
    """An error has a documented code under its status, a reason, and no data."""
    it, kinds = exchange.response, past.endpoints.errors
    if _code(exchange) not in kinds.values() or isinstance(_get(it, "code"), bool):
        yield f"status and code are {_code(exchange)}"
    yield from _differing(it, past.endpoints.envelope or ("code", "message", "request_id"))
    if _get(it, "data") is not None:
        yield "an error brings data"
    reason = _get(it, past.endpoints.reason)
    if not isinstance(reason, str) or not reason:
        yield f"{reason!r} is no reason"


def successes(past: History, exchange: Exchange) -> Iterator[str]:
    """A success has the code of success, and exactly the fields of the envelope."""
    if _get(exchange.response, "code") != past.endpoints.success:
        yield "another code than that of success"
    if past.endpoints.envelope:
        yield from _differing(exchange.response, past.endpoints.envelope)


def strangers(past: History, exchange: Exchange) -> Iterator[str]:
    """A request without a known key gets the error for it, and the scheme to authenticate with."""
    whole = re.fullmatch("[!-~]+", exchange.key or "")
    kind = "no key" if not exchange.headers.get("authorization") else "unknown key" if whole else "odd key"
    if _code(exchange) != past.endpoints.errors[kind]:
        yield f"{kind}, and another error"
    if exchange.response_headers.get("www-authenticate") != "Bearer":
        yield "no scheme to authenticate with"


def strays(past: History, exchange: Exchange) -> Iterator[str]:
    """A wrong address, and a wrong method at a right one, get the errors for them."""
    known = past.endpoints.knows(exchange.path)
    status, code = past.endpoints.errors["method" if known else "path"]
    if exchange.status != status or (exchange.method != "HEAD" and _get(exchange.response, "code") != code):
        yield f"expected {status} with code {code}"
    allowed = "POST" if exchange.path == past.endpoints.create else "GET"
    if known and exchange.response_headers.get("allow") != allowed:
        yield f"Allow is {exchange.response_headers.get('allow')!r}"


# Creations


def rejections(past: History, exchange: Exchange) -> Iterator[str]:
    """An unreadable body, an unknown model and a wrong value get different errors."""
    is_json = exchange.headers.get("content-type", "").lower().partition(";")[0] == "application/json"
    kinds = ["unreadable"]
    if is_json and is_object(exchange.body):
        if exchange.status == 200:
            return
        model = exchange.body.get(past.endpoints.model)
        unknown = isinstance(model, str) and model not in _models(past.endpoints.api)
        kinds = ["value", "model"] if unknown else ["value"]
    if _code(exchange) not in {past.endpoints.errors[kind] for kind in kinds}:
        yield f"status and code are {_code(exchange)}, and it is a wrong {' or '.join(kinds)}"


def new_ids(past: History, exchange: Exchange) -> Iterator[str]:
    """Each task has an id of its own, a text; a user's own name for it is taken once."""
    task_id = past.endpoints.id_in(exchange.response)
    if not isinstance(task_id, str) or not task_id:
        yield f"{task_id!r} is no id"
    elif task_id in past.made:
        yield f"{task_id} is another task's id"
    if (exchange.key, name_in(exchange)) in past.names:
        yield "the user has a task of this name already"


def created_fields(past: History, exchange: Exchange) -> Iterator[str]:
    """The record of a new task has exactly these fields."""
    named = {"task_info"} if name_in(exchange) else set[str]()
    yield from _differing(past.endpoints.record_in(exchange.response), past.endpoints.created_fields | named)


# Queries


def ownership(past: History, exchange: Exchange) -> Iterator[str]:
    """A task is found by its owner alone."""
    requested = past.requested(exchange)
    if requested is None and exchange.status != past.endpoints.errors["task"][0]:
        yield "this user has no such task"
    if requested is not None and past.endpoints.id_in(exchange.response) != requested:
        yield f"the task is not found: {requested}"


def queried_fields(past: History, exchange: Exchange) -> Iterator[str]:
    """The record of a queried task has exactly these fields, and its result once it has succeeded."""
    record = past.endpoints.record_in(exchange.response)
    creation = past.made.get(str(past.endpoints.id_in(exchange.response)))
    more = {"task_info"} if creation and name_in(creation) else set[str]()
    more |= {"task_result"} if not past.endpoints.in_strings and past.state(record) == "succeeded" else set[str]()
    yield from _differing(record, past.endpoints.queried_fields | more)


def states(past: History, exchange: Exchange) -> Iterator[str]:
    """States are words of the document, go forward, and end for good."""
    record = past.endpoints.record_in(exchange.response)
    before = past.records.get(str(past.endpoints.id_in(exchange.response)), {})
    now, then = past.state(record), past.state(before)
    if past.endpoints.state in record and not now:
        yield f"{record[past.endpoints.state]!r} is no state"
    if STAGES.get(then, 0) > STAGES.get(now, 0):
        yield f"after {then} comes {now}"
    if STAGES.get(then) == STAGES.get(now) == STAGES["succeeded"] and before != record:
        yield "a task that has ended has changed"


def times(past: History, exchange: Exchange) -> Iterator[str]:
    """Times are in milliseconds, and no task ends before it began."""
    record = past.endpoints.record_in(exchange.response)
    moments = {name: record[name] for name in MOMENTS if record.get(name) is not None}
    if not moments.keys() & {"createTime", "created_at"}:
        yield "no time is given"
    wrong = [moment for moment in moments.values() if type(moment) is not int or moment not in YEARS]
    yield from (f"{moment!r} is no time in milliseconds" for moment in wrong)
    if wrong or len(moments) < 2:
        return
    began, ended = moments.values()
    if ended < began:
        yield "it ended before it began"
    if past.endpoints.in_strings and record.get("costTime") != ended - began:
        yield "the time it took is another one"


def params(past: History, exchange: Exchange) -> Iterator[str]:
    """The record of kie.ai holds the request as JSON in a string."""
    record = past.endpoints.record_in(exchange.response)
    creation = past.made.get(str(record.get("taskId")))
    held = _json(record.get("param"))
    if creation is None or held is UNREADABLE or held != creation.body:
        yield "param is not the request"
    elif record.get("model") != creation.body["model"]:
        yield "another model"


def results(past: History, exchange: Exchange) -> Iterator[str]:
    """There is a result if and only if the task has succeeded."""
    record = past.endpoints.record_in(exchange.response)
    if past.endpoints.in_strings:
        urls = _get(_json(record.get("resultJson")), "resultUrls") or record.get("resultJson") or None
    else:
        videos = _get(record.get("task_result"), "videos")
        urls = [_get(video, "url") for video in videos] if is_list(videos) else record.get("task_result")
    if past.state(record) != "succeeded":
        if urls is not None:
            yield "a result, and no success"
    elif not is_list(urls) or not urls or not all(isinstance(url, str) and MEDIA in url for url in urls):
        yield f"the result of a success is {urls!r}"


def reasons(past: History, exchange: Exchange) -> Iterator[str]:
    """There is a reason if and only if the task has failed."""
    record = past.endpoints.record_in(exchange.response)
    failed = past.state(record) == "failed"
    if past.endpoints.in_strings:
        given = [record.get("failCode"), record.get("failMsg")]
        if any(bool(word) is not failed or not isinstance(word, str | None) for word in given):
            yield f"the reason is {given}"
    elif failed and not record.get("task_status_msg"):
        yield "no reason"


def videos(_: History, exchange: Exchange) -> Iterator[str]:
    """A video is an MP4 file, of the length in its header."""
    content = exchange.response_content
    if (exchange.status, exchange.response_type, content[4:8]) != (200, "video/mp4", b"ftyp"):
        yield f"{exchange.status} {exchange.response_type} {content[:12]!r}"
    if exchange.response_headers.get("content-length") != str(len(content)):
        yield "another length than in the header"


def callbacks(past: History, calls: Collection[Callback]) -> Iterator[str]:
    """Callbacks report each change in turn, kie.ai's the end alone, with the record that a query has at that time."""
    reported = [past.state(_get(call.body, "data") if past.endpoints.one_callback else call.body) for call in calls]
    ends = (["succeeded"], ["failed"])
    if reported not in (ends if past.endpoints.one_callback else [["running", *end] for end in ends]):
        yield f"the states are {reported}"
    for call in calls:
        record = call.query.response if past.endpoints.one_callback else past.endpoints.record_in(call.query.response)
        if call.body != record:
            yield f"{call.body}, and the query {record}"


@cache
def _models(api: str) -> frozenset[str]:
    return frozenset(model for it in documented(api) for model in it.models)


def _is_api(exchange: Exchange) -> bool:
    return not exchange.path.startswith(MEDIA)


def _creation(past: History, exchange: Exchange) -> bool:
    return past.endpoints.creates(exchange) and exchange.status == 200


def _record(past: History, exchange: Exchange) -> bool:
    return past.endpoints.queried(exchange) is not None and exchange.status == 200


def _query(past: History, exchange: Exchange) -> bool:
    return past.endpoints.queried(exchange) is not None and past.is_let_in(exchange)


Law = Callable[[History, Exchange], Iterator[str]]
LAWS: Final[Mapping[Law, Callable[[History, Exchange], bool]]] = {
    json_objects: lambda _, it: _is_api(it) and it.method != "HEAD",
    errors: lambda _, it: _is_api(it) and it.method != "HEAD" and it.status >= 400,
    successes: lambda _, it: _is_api(it) and it.status < 400,
    strangers: lambda past, it: past.endpoints.serves(it) and not past.is_let_in(it),
    strays: lambda past, it: _is_api(it) and not past.endpoints.serves(it),
    rejections: lambda past, it: past.endpoints.creates(it) and past.is_let_in(it),
    new_ids: _creation,
    created_fields: _creation,
    ownership: _query,
    queried_fields: _record,
    states: _record,
    times: _record,
    params: lambda past, it: past.endpoints.in_strings and _record(past, it),
    results: _record,
    reasons: _record,
    videos: lambda _, it: it.path.startswith(MEDIA) and it.method == "GET",
}
"""Law -> the exchanges that it applies to; callbacks have one of their own."""


def _code(exchange: Exchange) -> tuple[int, Any]:
    return exchange.status, _get(exchange.response, "code")


def _get(value: Any, name: str) -> Any:
    return value.get(name) if is_object(value) else None


def _json(text: Any) -> Any:
    return read(text.encode()) if isinstance(text, str) else UNREADABLE


def _differing(value: Any, fields: Collection[str]) -> Iterator[str]:
    held = set(value) if is_object(value) else set[str]()
    if missing := set(fields) - held:
        yield f"without {sorted(missing)}"
    if more := held - set(fields):
        yield f"with {sorted(more)}"
