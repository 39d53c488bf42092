"""The kie.ai jobs API (documents 000, 002, 003): requests out, answers in."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

import httpx
from attrs import field, frozen

from klingkit._errors import (
    AuthenticationError,
    FeatureDisabled,
    InsufficientCredit,
    InvalidRequest,
    KlingkitError,
    Maintenance,
    MalformedResponse,
    NotFound,
    PermissionDenied,
    RateLimited,
    ServerError,
    SubmissionUncertain,
    UnreadableSubmission,
)
from klingkit._models import Failure, Status, Task, TaskRef, Video
from klingkit.providers import _common as common
from klingkit_api.kie.models import (
    CreatedTask,
    CreateKling21Pro,
    CreateKling25TurboPro,
    CreateKling26TextToVideo,
    Kling21Pro,
    Kling25TurboPro,
    Kling26TextToVideo,
    RecordInfo,
)
from klingkit_api.kie.types import UNSET

__all__ = ["Job", "Kie", "KieRequest"]

HOST: Final = "https://api.kie.ai"
NAME: Final = "kie"
ROUTE: Final = "jobs"
CREATE_PATH: Final = "/api/v1/jobs/createTask"
QUERY_PATH: Final = "/api/v1/jobs/recordInfo"

ERRORS: Final[Mapping[int, type[KlingkitError]]] = {
    400: InvalidRequest,
    401: AuthenticationError,
    402: InsufficientCredit,
    403: PermissionDenied,
    404: NotFound,
    422: InvalidRequest,
    429: RateLimited,
    433: InsufficientCredit,
    455: Maintenance,
    500: ServerError,
    501: ServerError,
    505: FeatureDisabled,
}
"""What a code means, in the body or as HTTP status (000, 002, 003; 403 and 433 from the field)."""

QUERY_ERRORS: Final = {**ERRORS, 422: NotFound}
"""Asking takes nothing but an id, so that a refused parameter is an unknown task."""

NOTHING_CREATED: Final = frozenset({400, 401, 402, 404, 422, 429, 433, 455, 505})
"""Codes which prove that a paid request created no task. 500, 501 and any unknown one do not."""

STATES: Final[Mapping[str, Status]] = {
    "waiting": "queued",
    "queuing": "queued",
    "generating": "running",
    "success": "succeeded",
    "fail": "failed",
}
"""000's three words, and two from the field; an unknown one keeps waiting."""


@frozen
class Job:
    """Any model of kie.ai with any input, unchecked; waits, callbacks and downloads are the same."""

    model: str
    input: Mapping[str, Any] = field(factory=dict[str, Any])


KieRequest: TypeAlias = Kling26TextToVideo | Kling21Pro | Kling25TurboPro | Job


class Kie:
    """The kie.ai API: its key, its host, and how to speak with it.

    Args:
        api_key: The key; KIE_API_KEY if None. It goes nowhere but to the host.
        base_url: The host; KIE_BASE_URL if None, https://api.kie.ai if that is not set.
        account: A name of your own for the account, kept in references where several are in use.

    Raises:
        ConfigurationError: There is no key, or one of the three cannot be used.
    """

    name = NAME

    def __init__(self, api_key: str | None = None, base_url: str | None = None, account: str | None = None) -> None:
        self.auth = common.bearer(api_key, "KIE_API_KEY")
        self.base_url = common.base_url(base_url, "KIE_BASE_URL", HOST)
        self.account = common.account(account)

    def __repr__(self) -> str:
        return f"Kie(base_url={self.base_url!r}, account={self.account!r})"

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
            raise InvalidRequest(f"external_task_id: not known to kie.ai, so not {external_task_id!r}")
        common.check_callback_url(callback_url)
        body = common.with_extra(_body(request, callback_url), extra)
        return common.http_request("POST", self.base_url + CREATE_PATH, body=body)

    def submitted(self, answer: httpx.Response) -> TaskRef:
        """Read the answer of createTask."""
        status = answer.status_code
        try:
            envelope = common.json_object(answer, api=NAME)
            code = _code(answer, envelope)
            ref = self._created(answer, envelope)
            if code == 200 and ref is None:
                raise common.malformed(answer, "no task id", api=NAME)
        except MalformedResponse as error:
            if _refused(status):
                raise
            raise _unreadable(error) from error
        if code == 200 and ref and status < 400:
            return ref
        refusal = _refusal(answer, envelope, code, ERRORS)
        if ref is None and _nothing_created(code, status):
            raise refusal
        raise _uncertain(refusal, ref) from refusal

    def query(self, ref: TaskRef) -> httpx.Request:
        """Make the request of recordInfo."""
        common.check_ref(ref, NAME, ROUTE, self.account)
        return common.http_request("GET", self.base_url + QUERY_PATH, params={"taskId": ref.id})

    def read(self, ref: TaskRef, answer: httpx.Response) -> Task:
        """Read the answer of recordInfo."""
        envelope = common.json_object(answer, api=NAME, ref=ref)
        data = common.as_object(envelope.get("data"))
        if data.get("state"):
            return _task(ref, answer, envelope, RecordInfo.from_dict(_mended(data)))
        code = _code(answer, envelope)
        if code == 200 and answer.status_code < 400:
            raise common.malformed(answer, "no record of the task", api=NAME, ref=ref)
        raise _refusal(answer, envelope, code, QUERY_ERRORS)

    def _created(self, answer: httpx.Response, envelope: Mapping[str, Any]) -> TaskRef | None:
        """Return the task that an answer names, if it names one."""
        data = common.as_object(envelope.get("data"))
        if not data.get("taskId"):
            return None
        created = CreatedTask.from_dict(_mended(data))
        try:
            return TaskRef(NAME, ROUTE, str(created.task_id), self.account)
        except InvalidRequest as error:
            raise common.malformed(answer, str(error), api=NAME) from error


def _body(request: KieRequest, callback_url: str | None) -> dict[str, Any]:
    """Wrap a request into the body that names its model."""
    url = UNSET if callback_url is None else callback_url
    match request:
        case Kling26TextToVideo():
            return CreateKling26TextToVideo(request, call_back_url=url).to_dict()
        case Kling21Pro():
            return CreateKling21Pro(request, call_back_url=url).to_dict()
        case Kling25TurboPro():
            return CreateKling25TurboPro(request, call_back_url=url).to_dict()
        case Job(model, input):
            body = {"model": model, "input": dict(input)}
            return body if callback_url is None else {**body, "callBackUrl": callback_url}
    raise InvalidRequest(f"request: one that klingkit.kie offers, not {type(request).__name__}")


def _code(answer: httpx.Response, envelope: Mapping[str, Any]) -> int:
    """Return the vendor's code; the HTTP status where the body has none that is a number."""
    code = common.integer(envelope.get("code"))
    return answer.status_code if code is None else code


def _refused(status: int) -> bool:
    """Tell whether an HTTP status alone says that nothing was done."""
    return 400 <= status < 500 and status not in {408, 409}


def _nothing_created(code: int, status: int) -> bool:
    """Tell whether an answer proves that no task was created: where body and status disagree, it does not."""
    if status >= 400:
        return _refused(status) and code not in {408, 409, 500, 501}
    return code in NOTHING_CREATED


def _refusal(
    answer: httpx.Response, envelope: Mapping[str, Any], code: int, errors: Mapping[int, type[KlingkitError]]
) -> KlingkitError:
    """Describe a no."""
    kind = errors.get(code) or errors.get(answer.status_code, ServerError)
    message = common.text(envelope.get("msg") or envelope.get("message"))
    return kind(
        f"kie.ai says no, code {code}: {message or 'without a reason'}",
        api=NAME,
        code=code,
        vendor_message=message,
        http_status=answer.status_code,
        retry_after=common.retry_after(answer),
    )


def _uncertain(refusal: KlingkitError, ref: TaskRef | None) -> SubmissionUncertain:
    return SubmissionUncertain(
        f"a task may exist, the paid request is not sent again: {refusal}",
        api=NAME,
        code=refusal.code,
        vendor_message=refusal.vendor_message,
        http_status=refusal.http_status,
        retry_after=refusal.retry_after,
        ref=ref,
    )


def _unreadable(error: MalformedResponse) -> UnreadableSubmission:
    return UnreadableSubmission(
        f"a task may exist, the paid request is not sent again: {error}",
        reason=error.reason,
        excerpt=error.excerpt,
        api=NAME,
        http_status=error.http_status,
    )


MENDED: Final[Mapping[str, Callable[[object], object]]] = {
    **dict.fromkeys(("taskId", "model", "state", "param", "resultJson", "failCode", "failMsg"), common.text),
    **dict.fromkeys(("costTime", "completeTime", "createTime", "updateTime"), common.integer),
    **dict.fromkeys(("progress", "creditsConsumed"), common.number),
}
"""How each field of a record is read whatever type it came in: only state and result decide, nothing else may fail."""


def _mended(data: Mapping[str, Any]) -> dict[str, Any]:
    return {name: MENDED[name](value) if name in MENDED else value for name, value in data.items()}


def _task(ref: TaskRef, answer: httpx.Response, envelope: Mapping[str, Any], record: RecordInfo) -> Task:
    if record.task_id and record.task_id != ref.id:
        raise common.malformed(answer, f"the record of another task, {record.task_id!r}", api=NAME)
    word = str(record.state)
    status = STATES.get(word, "running")
    return Task(
        ref=ref,
        status=status,
        vendor_status=word,
        videos=_videos(answer, record) if status == "succeeded" else (),
        failure=_failure(record) if status == "failed" else None,
        created=common.moment(record.create_time),
        updated=common.moment(record.update_time),
        completed=common.moment(record.complete_time),
        progress=common.share(record.progress),
        raw=envelope,
    )


def _failure(record: RecordInfo) -> Failure:
    return Failure(record.fail_code or None, record.fail_msg or None)


def _videos(answer: httpx.Response, record: RecordInfo) -> tuple[Video, ...]:
    """Read the addresses of the finished media; a model that writes text has none."""
    try:
        result = common.as_object(json.loads(record.result_json or "{}"))
    except (ValueError, TypeError, RecursionError) as error:
        raise common.malformed(answer, f"resultJson: {error}", api=NAME) from error
    urls = common.as_list(result.get("resultUrls"))
    return tuple(Video(url) for url in urls if isinstance(url, str))
