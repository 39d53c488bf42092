"""Emulators with one fault each, which the checks of the emulator must report; the name says how the emulator errs."""

import json
from collections.abc import Callable
from functools import cache
from typing import Any, Final

import httpx
from attrs import frozen

from contract_tests.conformance import emulator_mistakes as mistakes
from contract_tests.conformance.broken_emulator import (
    Breakage,
    BrokenApp,
    Fields,
    change_bodies,
    change_error_bodies,
    change_json_responses,
    change_query_responses,
    change_records,
    change_requests,
    changed_request,
)
from scripts.checks.endpoints import ENDPOINTS, Endpoints
from scripts.checks.recording import Subject, examples
from scripts.checks.representatives import representative
from scripts.specs.files import load
from scripts.specs.spec import Spec

KIE: Final = ("kie",)
NATIVE: Final = ("native",)
RELAY: Final = ("relay",)
NATIVE_AND_RELAY: Final = (*NATIVE, *RELAY)
WITH_ENVELOPE: Final = (*KIE, *RELAY)
CREATION_TIME_FIELD: Final = {"kie": "createTime", **dict.fromkeys(NATIVE_AND_RELAY, "created_at")}
MESSAGE_FIELD: Final = {"kie": "msg", **dict.fromkeys(NATIVE_AND_RELAY, "message")}


@cache
def spec(api: str) -> Spec:
    """Return the spec of an API with the few models that have each kind of field; the code is the same for all."""
    return representative(load(api))


@frozen
class Fault:
    """One fault of an emulator, and the APIs to which it applies."""

    name: str
    breakage: Breakage | None = None
    apis: tuple[str, ...] = (*KIE, *NATIVE_AND_RELAY)
    change_callback: Callable[[Endpoints, Any], Any] = lambda endpoints, body: body
    """Changes the body of a callback; if it returns None, the callback is not sent."""
    field: str = ""
    """The field of a body that the fault is about; empty: any."""

    def subject(self, api: str) -> Subject:
        """Return the emulator of an API with this fault."""
        endpoints, breakage = ENDPOINTS[api], self.breakage
        return Subject(
            endpoints,
            spec(api),
            wrap=lambda app: BrokenApp(app, breakage, endpoints) if breakage else app,
            deliver=lambda body: self.change_callback(endpoints, body),
        )

    def __str__(self) -> str:
        return self.name


def first_9_characters(text: Any) -> Any:
    return text[:9] if isinstance(text, str) else text


def long_text_repeated(text: Any) -> Any:
    return text * 99 if isinstance(text, str) and len(text) > 99 else text


def emoji_doubled(text: Any) -> Any:
    return text.replace("😀", "😀😀") if isinstance(text, str) else text


def with_json_fields(text: str, **changes: Any) -> str:
    """Return a JSON object, as text, with some fields changed; None removes a field."""
    values = {**json.loads(text), **changes}
    return json.dumps({name: value for name, value in values.items() if value is not None})


def change_named_field(name: dict[str, str], change: Callable[[Any], Any]) -> Callable[[Endpoints, Fields], None]:
    """Change a field whose name differs between the APIs."""
    return lambda endpoints, fields: mistakes.change_response_field(name[endpoints.api], change)(endpoints, fields)


def rename_state_field(endpoints: Endpoints, fields: Fields) -> None:
    fields["status"] = fields.pop(endpoints.state, None)


def drop_unknown_field(_: Endpoints, fields: Fields) -> None:
    fields.pop("unknown", None)


def add_missing_prompt(_: Endpoints, fields: Fields) -> None:
    fields.setdefault("prompt", "a")


def take_unknown_model(endpoints: Endpoints, request: httpx.Request) -> httpx.Request:
    """Treat an unknown model as the model of the last example."""
    known = examples(spec(endpoints.api))[-1][endpoints.model]
    return changed_request(request, content=request.content.replace(b'"other"', json.dumps(known).encode()))


FAULTS: Final[tuple[Fault, ...]] = (
    Fault("a limit is not held", mistakes.change_field("prompt", first_9_characters), field="prompt"),
    Fault(
        "another limit is not held",
        mistakes.change_field("negative_prompt", first_9_characters),
        field="negative_prompt",
    ),
    Fault("a limit is too low", mistakes.change_field("prompt", long_text_repeated), field="prompt"),
    Fault("UTF-16 is counted", mistakes.change_field("prompt", emoji_doubled), field="prompt"),
    Fault("null is nothing", change_bodies(mistakes.drop_nulls)),
    Fault("a prompt is made up", change_bodies(add_missing_prompt), field="prompt"),
    Fault("unknown fields are taken", change_bodies(drop_unknown_field), KIE),
    Fault("a ratio too many", mistakes.replace_value("aspect_ratio", "other", "16:9"), field="aspect_ratio"),
    Fault("a ratio too few", mistakes.replace_value("aspect_ratio", "9:16", "21:9"), field="aspect_ratio"),
    Fault("a length too many", mistakes.replace_value("duration", "15", "10"), field="duration"),
    Fault("a length of another kind", mistakes.replace_value("duration", 5, "5"), KIE, field="duration"),
    Fault(
        "a length as a number alone", mistakes.replace_value("duration", "5", "7"), NATIVE_AND_RELAY, field="duration"
    ),
    Fault("a scale too far", mistakes.replace_value("cfg_scale", 1.1, 1), field="cfg_scale"),
    Fault("a scale between the steps", mistakes.replace_value("cfg_scale", 0.35, 0.3), KIE, field="cfg_scale"),
    Fault("a scale in steps", mistakes.replace_value("cfg_scale", 0.35, 7), NATIVE_AND_RELAY, field="cfg_scale"),
    Fault("a word for true", mistakes.replace_value("sound", "true", True), KIE, field="sound"),
    Fault("a mode too many", mistakes.replace_value("mode", "other", "pro"), NATIVE_AND_RELAY, field="mode"),
    Fault(
        "half a camera",
        mistakes.change_field("camera_control", mistakes.camera_without_config),
        RELAY,
        field="camera_control",
    ),
    Fault(
        "a camera that must be whole",
        mistakes.replace_value("camera_control", {"type": "down_back"}, {}),
        RELAY,
        field="camera_control",
    ),
    Fault(
        "a camera that must have a type",
        mistakes.replace_value("camera_control", {}, None),
        NATIVE,
        field="camera_control",
    ),
    Fault(
        "an address that must be one",
        mistakes.replace_value("callback_url", "", None),
        NATIVE_AND_RELAY,
        field="callback_url",
    ),
    Fault("a model too many", change_requests(take_unknown_model), field="model"),
    Fault("a created task is 201", mistakes.change_response(200, status=201)),
    Fault("one error for another", mistakes.change_response(400, 422, status=401)),
    Fault("422 is 400", mistakes.change_response(422, status=400), KIE),
    Fault("a body that is no JSON is accepted", change_requests(mistakes.accept_invalid_json)),
    Fault(
        "any media type is JSON",
        change_requests(lambda endpoints, it: changed_request(it, {"content-type": "application/json"})),
    ),
    Fault("no key is needed", mistakes.accept_credentials("")),
    Fault("any key will do", mistakes.accept_credentials("Bearer unknown-key")),
    Fault("any scheme will do", mistakes.accept_credentials("Basic YW5uYS1rZXk=")),
    Fault("keys in capitals will do", mistakes.accept_credentials("Bearer Anna-key")),
    Fault("401 is 403", mistakes.change_response(401, status=403)),
    Fault("no header that states how to authenticate", mistakes.drop_header("www-authenticate")),
    Fault("another method will do", change_requests(mistakes.treat_delete_as_get)),
    Fault("a slash too many will do", change_requests(mistakes.ignore_trailing_slash)),
    Fault("no header that states the right method", mistakes.drop_header("allow")),
    Fault("a page for humans", mistakes.change_response(404, page=True, media_type="text/html")),
    Fault("a page for all errors", mistakes.change_response(400, 401, 404, 405, 422, page=True)),
    Fault("JSON in plain text", mistakes.change_response(200, media_type="text/plain")),
    Fault("JSON that is cut off", mistakes.change_response(200, cut=1)),
    Fault("a crash", mistakes.change_response(400, 422, status=500)),
    Fault("400 is 422", mistakes.change_response(400, status=422), NATIVE_AND_RELAY),
    Fault("a code for errors", change_error_bodies(lambda endpoints, fields: fields.update(code=1))),
    Fault("codes as text", change_error_bodies(lambda endpoints, fields: fields.update(code=str(fields["code"])))),
    Fault(
        "codes of another API",
        change_error_bodies(lambda endpoints, fields: fields.update(code=404 if endpoints.api == "relay" else 1203)),
    ),
    Fault(
        "errors with data",
        change_error_bodies(lambda endpoints, fields: fields.update(data={"taskId": "x", "task_id": "x"})),
    ),
    Fault("errors with empty data", change_error_bodies(lambda endpoints, fields: fields.update(data={}))),
    Fault(
        "another envelope",
        change_error_bodies(lambda endpoints, fields: fields.update(error=fields.pop(MESSAGE_FIELD[endpoints.api]))),
    ),
    Fault(
        "errors without a reason",
        change_error_bodies(lambda endpoints, fields: fields.update({MESSAGE_FIELD[endpoints.api]: None})),
    ),
    Fault("errors hide in a 200", mistakes.change_response(400, 401, 404, 422, status=200)),
    Fault("another code for success", change_json_responses(mistakes.change_success_code)),
    Fault("an envelope where there is none", change_json_responses(mistakes.add_envelope), NATIVE),
    Fault("no envelope", change_json_responses(mistakes.remove_envelope), WITH_ENVELOPE),
    Fault(
        "a field more in the envelope",
        change_json_responses(lambda endpoints, correct, fields: {**fields, "traceId": "x"}),
        WITH_ENVELOPE,
    ),
    Fault("times as text", change_records(change_named_field(CREATION_TIME_FIELD, str)), NATIVE_AND_RELAY),
    Fault("times in text", change_query_responses(change_named_field(CREATION_TIME_FIELD, str)), KIE),
    Fault("a field that no document has", change_query_responses(lambda endpoints, fields: fields.update(extra=1))),
    Fault(
        "an id that is a number",
        change_records(mistakes.change_response_field(None, lambda task_id: int.from_bytes(task_id.encode()[:6]))),
    ),
    Fault("an id that is null", change_records(mistakes.change_response_field(None, lambda task_id: None))),
    Fault("one id for all", mistakes.reuse_first_id),
    Fault("every user sees all tasks", mistakes.accept_credentials("Bearer boris-key")),
    Fault("lost tasks", mistakes.lose_task(1, 2, 3, 4)),
    Fault("late tasks", mistakes.lose_task(1)),
    Fault(
        "an id of another task",
        change_query_responses(mistakes.change_response_field(None, lambda task_id: task_id[::-1])),
    ),
    Fault("a field more on creation", change_records(lambda endpoints, fields: fields.update(extra=1))),
    Fault("a field more", change_query_responses(lambda endpoints, fields: fields.update(extra=1))),
    Fault(
        "a field less",
        change_query_responses(lambda endpoints, fields: fields.pop(CREATION_TIME_FIELD[endpoints.api], None)),
    ),
    Fault("a field renamed", change_query_responses(rename_state_field)),
    Fault("a word for success", mistakes.change_vendor_state("succeeded", "succeeded")),
    Fault("a word for failure", mistakes.change_vendor_state("failed", "error")),
    Fault("a word for waiting", mistakes.change_vendor_state("accepted", "queued")),
    Fault("states go back", mistakes.return_to_waiting),
    Fault("times in seconds", change_records(change_named_field(CREATION_TIME_FIELD, lambda time: time // 1000))),
    Fault("times as fractions", change_records(change_named_field(CREATION_TIME_FIELD, lambda time: time + 0.5))),
    Fault(
        "no times", change_query_responses(change_named_field(CREATION_TIME_FIELD, lambda time: None)), NATIVE_AND_RELAY
    ),
    Fault(
        "a cost in seconds",
        change_query_responses(mistakes.change_response_field("costTime", lambda cost: cost and cost // 1000)),
        KIE,
    ),
    Fault(
        "a request that is no text", change_query_responses(mistakes.change_response_field("param", json.loads)), KIE
    ),
    Fault(
        "a request without its model",
        change_query_responses(
            mistakes.change_response_field("param", lambda param: with_json_fields(param, model=None))
        ),
        KIE,
    ),
    Fault(
        "a request without its callback",
        change_query_responses(
            mistakes.change_response_field("param", lambda param: with_json_fields(param, callBackUrl=None))
        ),
        KIE,
    ),
    Fault(
        "another model", change_query_responses(mistakes.change_response_field("model", lambda name: "kling-v9")), KIE
    ),
    Fault("a result before its time", change_query_responses(mistakes.show_result_early)),
    Fault("no result at its time", change_query_responses(mistakes.empty_result)),
    Fault(
        "a result in no list",
        change_query_responses(mistakes.change_response_field("resultJson", mistakes.remove_brackets)),
        KIE,
    ),
    Fault(
        "a result that is no text",
        change_query_responses(
            mistakes.change_response_field("resultJson", lambda result: result and json.loads(result))
        ),
        KIE,
    ),
    Fault(
        "a result that is one video",
        change_query_responses(
            mistakes.change_response_field("task_result", lambda result: result and result["videos"][0])
        ),
        NATIVE_AND_RELAY,
    ),
    Fault("a failure without a reason", change_query_responses(mistakes.drop_failure_reason)),
    Fault("a page in place of a video", mistakes.replace_videos(b"<h1>Oops</h1>", "text/html")),
    Fault("an empty video", mistakes.replace_videos(b"", "video/mp4")),
    Fault("no callbacks", change_callback=lambda endpoints, body: None),
    Fault("callbacks that never report the end", change_callback=mistakes.stay_running),
    Fault("callbacks in the form of another API", change_callback=mistakes.toggle_envelope),
    Fault("callbacks without an id", change_callback=mistakes.drop_task_id),
)
