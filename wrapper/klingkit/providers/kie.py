"""The adapter of the kie.ai jobs API. Its models are generated data: `klingkit_api.kie.requests`."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO, ClassVar, Final, TypeAlias

import httpx

from klingkit._auth import Auth
from klingkit._base import invalid
from klingkit._errors import (
    AuthenticationError,
    FeatureDisabled,
    InsufficientCredit,
    InvalidRequest,
    Maintenance,
    NotFound,
    PermissionDenied,
    RateLimited,
    ServerError,
)
from klingkit._models import Cost, Failure, Job, Status, Task, TaskRef, Video
from klingkit._pacing import Pacing
from klingkit.providers import _common as common
from klingkit.providers._adapter import Adapter
from klingkit.providers._codes import Code, Meaning, refused, unsure
from klingkit.providers._failures import KIE, Verdict, failure
from klingkit.providers._layers import (
    FAILURE_CODES,
    REASONS,
    Layer,
    first,
    has_reason,
    opened,
    other_task,
    videos,
    walk,
)
from klingkit.providers._payloads import CREATED_AT, Payloads
from klingkit.providers._sendable import check_callback_url, check_fetched, check_fields, wrong_request
from klingkit.providers._states import ENDED, status_of
from klingkit_api.kie.types import UNSET

__all__ = ["Kie", "KieRequest"]

if TYPE_CHECKING:
    from klingkit_api.kie.requests import Request

CREATE_PATH: Final = "/api/v1/jobs/createTask"
QUERY_PATH: Final = "/api/v1/jobs/recordInfo"
LINK_PATH: Final = "/api/v1/common/download-url"
"""The record of a task never changes its URLs; this gives links good for 20 minutes (observed.md: kie-download-url)."""
CREDIT_PATH: Final = "/api/v1/chat/credit"
"""The credits that the account has left (observed.md: kie-credit)."""

UPLOAD_HOST: Final = "https://kieai.redpandaai.co"
STREAM_PATH, BASE64_PATH, URL_PATH = (f"/api/file-{kind}-upload" for kind in ("stream", "base64", "url"))
"""Another host of the vendor's takes files, in three ways, with the same key (observed.md: kie-upload)."""
FOLDER: Final = "klingkit"
"""The folder that uploads go to, within the account."""

KieRequest: TypeAlias = "Request | Job"

CODES: Final[Mapping[Code, Meaning]] = {
    400: refused(InvalidRequest),
    401: refused(AuthenticationError),
    402: refused(InsufficientCredit),
    403: unsure(PermissionDenied, again="never"),
    404: refused(NotFound),
    422: refused(InvalidRequest),
    429: refused(RateLimited, again="pay"),
    433: refused(InsufficientCredit),
    455: refused(Maintenance, again="pay"),
    500: unsure(ServerError),
    501: unsure(ServerError),
    505: refused(FeatureDisabled),
}
"""What a code means, in the body or as status: 000, 002, 003 (403, 433: observed.md: kie-forbidden, kie-sub-key)."""

READERS: Final[Mapping[str, Callable[[object], Any]]] = {
    **dict.fromkeys(("taskId", "model", "state", "param", "resultJson", "failCode", "failMsg"), common.text),
    **dict.fromkeys(("costTime", "completeTime", "createTime", "updateTime"), common.integer),
    **dict.fromkeys(("progress", "creditsConsumed"), common.number),
}
"""How each field of a record is read, of whatever type: only state and result decide, no other field may fail."""


class KiePayloads(Payloads):
    """The forms of kie.ai: everything in an envelope, results as JSON in a string."""

    words: Mapping[Status, str] = {"queued": "waiting", "succeeded": "success", "failed": "fail"}
    states: ClassVar[Sequence[str]] = ("waiting", "queuing", "generating", "success", "fail")
    equivalent_codes: ClassVar[Mapping[int, int]] = {
        **dict.fromkeys((403, 1000, 1001, 1002, 1003, 1004, 1100, 1103, 1304), 401),
        **dict.fromkeys((1101, 1102), 402),
        **dict.fromkeys((405, 1202, 1203), 404),
        **dict.fromkeys((1200, 1201, 1300, 1301), 422),
        **dict.fromkeys((1302, 1303), 429),
        **dict.fromkeys((503, 5001), 455),
        **dict.fromkeys((502, 504, 5000, 5002), 500),
    }
    callback_enveloped: ClassVar[bool] = True

    def record(self, state: Any, task_id: Any, urls: Sequence[str], message: str) -> dict[str, Any]:
        """Make the record of a task."""
        return {
            "taskId": task_id,
            "state": state,
            "resultJson": json.dumps({"resultUrls": urls}) if urls else "",
            "failCode": "501" if state == "fail" else "",
            "failMsg": message,
            "createTime": CREATED_AT,
        }

    def in_state(self, body: dict[str, Any], state: str, task_id: str, urls: Sequence[str] | None) -> dict[str, Any]:
        """Return the body of a callback with its task in this state."""
        media = {"resultJson": json.dumps({"resultUrls": urls})} if urls else {}
        return {**body, "data": {**(body.get("data") or {}), "taskId": task_id, "state": state, **media}}

    def created(self, task_id: Any) -> dict[str, Any]:
        """Make the record of a new task: its id alone."""
        return {"taskId": task_id}

    def response(self, task: dict[str, Any]) -> dict[str, Any]:
        """Make the body of a successful response."""
        return {"code": 200, "msg": "success", "data": task}

    def error(self, code: int, message: str) -> dict[str, Any]:
        """Make the body of an API error."""
        return {"code": code, "msg": message, "data": None}

    def callback(self, task: dict[str, Any], *, failed: bool) -> dict[str, Any]:
        """Make the body of a callback, which has a code of its own for a failed task."""
        return {"code": 501, "msg": "failed", "data": task} if failed else self.response(task)

    def queried(self, request: httpx.Request) -> str:
        """Return the id of the task that a request queries."""
        return request.url.params["taskId"]


class Kie(Adapter):
    """The kie.ai API: its key (or KIE_API_KEY), its host (or KIE_BASE_URL, or https://api.kie.ai), and an account name.

    The account name is one of your own, kept in references where you use several accounts.

    Files are uploaded to `upload_url`, or, where no `base_url` is given, to KIE_UPLOAD_URL; by default to the vendor's
    host for files, or to `base_url` itself if that is not the vendor's: the key is sent to these two hosts alone.

    Raises:
        ConfigurationError: There is no key, or one of the others cannot be used.
    """

    name = "kie"
    route = "jobs"
    variables = "KIE"
    host = "https://api.kie.ai"

    success: ClassVar[frozenset[Code]] = frozenset({200})
    failure_codes: ClassVar[frozenset[Code]] = frozenset({501})
    codes: ClassVar[Mapping[Code, Meaning]] = CODES
    query_codes: ClassVar[Mapping[Code, Meaning]] = {**CODES, 422: refused(NotFound)}
    """A query has no parameter but the id, so an invalid parameter means an unknown task."""
    failures: ClassVar[Mapping[Code, Verdict]] = KIE
    standard_webhooks: ClassVar[bool] = False
    upload_paths: ClassVar[tuple[str, ...]] = (STREAM_PATH, BASE64_PATH, URL_PATH)
    payloads: ClassVar[Payloads] = KiePayloads()
    known_limits: ClassVar[Pacing] = Pacing(creations=20, per=10.0, queries_per_second=10.0)
    """Of one account, and one key (observed.md: kie-limits)."""

    def __init__(
        self,
        api_key: str | None = None,
        base_url: str | None = None,
        account: str | None = None,
        *,
        auth: Auth | None = None,
        upload_url: str | None = None,
    ) -> None:
        super().__init__(api_key, base_url, account, auth=auth)
        vendors = httpx.URL(self.base_url).host == httpx.URL(self.host).host
        default = UPLOAD_HOST if vendors else self.base_url
        # The environment's goes with the environment's base_url: a key given with another one must not follow it.
        variable = f"{self.variables}_UPLOAD_URL" if base_url is None else ""
        self.upload_url: str = common.base_url(upload_url, variable, default, "", name="upload_url")

    def submit(
        self,
        request: KieRequest,
        *,
        callback_url: str | None = None,
        external_task_id: str | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> httpx.Request:
        """Make the request of createTask."""
        if external_task_id is not None:
            raise invalid("external_task_id", "None: kie.ai has none", external_task_id)
        if not isinstance(request, Job):
            _check(request, self.base_url)
        check_callback_url(callback_url, self.base_url)
        body = common.with_extra(_body(request, callback_url), extra)
        return common.http_request("POST", self.base_url + CREATE_PATH, body=body)

    def unmakeable(self, model: str) -> httpx.Request:
        """Make a creation that no service can make a video of."""
        return common.http_request("POST", self.base_url + CREATE_PATH, body={"model": model, "input": {}})

    def query(self, ref: TaskRef) -> httpx.Request:
        """Make the request of recordInfo."""
        self._check(ref)
        return common.http_request("GET", self.base_url + QUERY_PATH, params={"taskId": ref.id})

    def fresh_link(self, url: str) -> httpx.Request:
        """Make the request of download-url."""
        return common.http_request("POST", self.base_url + LINK_PATH, body={"url": url})

    def credits(self) -> httpx.Request:
        """Make the request of chat/credit."""
        return common.http_request("GET", self.base_url + CREDIT_PATH)

    def upload(self, content: BinaryIO | str, *, name: str, media_type: str | None) -> httpx.Request:
        """Make the request of file-stream-upload for an open file, else of file-base64-upload or file-url-upload."""
        fields = {"uploadPath": FOLDER, "fileName": name}
        if not isinstance(content, str):
            file = (name, content, media_type or "application/octet-stream")
            url, headers = self.upload_url + STREAM_PATH, common.common_headers()
            return httpx.Request("POST", url, headers=headers, data=fields, files={"file": file})
        if content.startswith("data:"):
            return common.http_request("POST", self.upload_url + BASE64_PATH, body={"base64Data": content, **fields})
        check_fetched("source", content, self.base_url)
        return common.http_request("POST", self.upload_url + URL_PATH, body={"fileUrl": content, **fields})

    def kind_of(self, task: Task) -> str:
        """Return the API, the model and the duration, as far as the record names them."""
        data = _record(task.raw)
        requested = opened(opened(data.get("param")).get("input"))
        seconds = common.text(requested.get("duration"))
        parts = (self.name, common.text(data.get("model")), f"{seconds} s" if seconds else "")
        return " ".join(part for part in parts if part)

    @classmethod
    def task_id(cls, envelope: Mapping[str, Any]) -> str | None:
        """Read the id of the record, however its name is spelled."""
        return _id_of(_record(envelope))

    @classmethod
    def task(cls, ref: TaskRef, envelope: Mapping[str, Any]) -> Task | None:
        """Read the record; the code 501 alone means that a task failed. A record without an id is the queried one."""
        data = _record(envelope)
        task_id = _id_of(data)
        read = _reader(data)
        failed = common.integer(envelope.get("code")) == 501
        state = read("state") or common.text(data.get("status")) or ("fail" if failed and task_id else "")
        if not state:
            return None
        other = (None if task_id == ref.id else task_id) if task_id else other_task(data, ref.id)
        if other is not None:
            raise common.Unreadable(f"the record of another task, {other!r}")
        status = status_of(state) or ("failed" if failed or has_reason([data]) else "running")
        return Task(
            ref=ref,
            status=status,
            vendor_status=state,
            videos=_videos(data) if status == "succeeded" else (),
            failure=_failure(envelope) if status == "failed" else None,
            created=common.moment(read("createTime")),
            updated=common.moment(read("updateTime")),
            completed=common.moment(read("completeTime")),
            progress=common.share(read("progress")),
            cost=_cost(data) if status in ENDED else None,
            raw=envelope,
        )


def _record(envelope: Mapping[str, Any]) -> Layer:
    """Return the record: in `data`, or the response itself, as in flat callbacks (observed.md: kie-flat-callback)."""
    layers = walk(envelope)
    named = (layer for name in ("taskId", "task_id", "state") for layer in layers if layer.get(name))
    return next(named, None) or common.as_object(envelope.get("data"))


def _reader(record: Layer) -> Callable[[str], Any]:
    """Return a function that reads a field of a record."""
    return lambda name: READERS[name](record.get(name))


def _id_of(data: Layer) -> str | None:
    return common.identifier(data.get("taskId")) or common.identifier(data.get("task_id"))


def _cost(data: Layer) -> Cost | None:
    amount = common.amount(data.get("creditsConsumed"))
    return None if amount is None else Cost(amount, "credits")


def _failure(envelope: Mapping[str, Any]) -> Failure:
    """Read the reason from the record, or from an envelope that reports the failure itself."""
    data = _record(envelope)
    read = _reader(data)
    error = data.get("error")
    detail = common.as_object(error)
    code: int | str | None = read("failCode") or common.text(first([data], *FAILURE_CODES) or first([detail], "code"))
    stated = first([data], *REASONS) or first([detail], "message", "msg") or (None if detail else error)
    message = read("failMsg") or common.text(stated)
    if common.integer(envelope.get("code")) == 501:
        code = code or 501
        message = message or common.text(envelope.get("msg") or envelope.get("message"))
    return failure(KIE, code or None, message or None, data)


def _check(request: Request, base_url: str) -> None:
    """Check a typed request by itself: an error between its fields names these, not those of the body."""
    from klingkit_api.kie.requests import BODIES  # noqa: PLC0415 - they are loaded when they are used

    if not isinstance(request, tuple(BODIES)):
        raise wrong_request("kie", request)
    request.to_dict()
    check_fields(request, base_url)


def _body(request: KieRequest, callback_url: str | None) -> dict[str, Any]:
    """Return the body of createTask, which names the model."""
    if isinstance(request, Job):
        body = {"model": request.model, "input": dict(request.input)}
        return body if callback_url is None else {**body, "callBackUrl": callback_url}
    from klingkit_api.kie.requests import BODIES  # noqa: PLC0415 - as above

    envelope = next(envelope for kind, envelope in BODIES.items() if isinstance(request, kind))
    return envelope(request, call_back_url=UNSET if callback_url is None else callback_url).to_dict()


def _videos(data: Layer) -> tuple[Video, ...]:
    """Read the URLs of the finished media; a model that writes text has none."""
    return videos([*walk(_result((_reader(data)("resultJson") or "{}").strip())), *walk(data)])


def _result(text: str) -> Layer:
    """Read the text of resultJson: an object, and from relays a list of URLs, or a URL alone."""
    if common.is_web_url(text):
        return {"url": text}
    try:
        if text.startswith('"'):  # encoded twice
            text = common.text(common.json_object(f'{{"held": {text}}}')["held"]) or ""
        return common.json_object(f'{{"resultUrls": {text}}}' if text.startswith("[") else text)
    except common.Unreadable as error:
        raise common.Unreadable(f"resultJson: {error}") from error
