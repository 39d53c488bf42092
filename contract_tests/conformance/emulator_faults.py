"""Emulators with one fault each: the checks of the emulator must notice every one."""

import json
from collections.abc import Callable
from functools import cache
from typing import Any, Final

import httpx
from attrs import frozen

from contract_tests.conformance import emulator_mistakes as mistakes
from contract_tests.conformance.broken_emulator import (
    Break,
    BrokenApp,
    Fields,
    bodies,
    changed_request,
    errors,
    json_responses,
    queries,
    records,
    requests,
)
from scripts.checks.endpoints import ENDPOINTS, Endpoints
from scripts.checks.recording import Subject, examples
from scripts.checks.representatives import representative
from scripts.specs.files import load
from scripts.specs.spec import Spec

KIE: Final = ("kie",)
NATIVE: Final = ("native",)
RELAY: Final = ("relay",)
KLING: Final = (*NATIVE, *RELAY)
ENVELOPED: Final = (*KIE, *RELAY)
CREATED: Final = {"kie": "createTime", **dict.fromkeys(KLING, "created_at")}
MESSAGE: Final = {"kie": "msg", **dict.fromkeys(KLING, "message")}


@cache
def spec(api: str) -> Spec:
    """The spec of an API with the models that have each kind of field: the emulator has one body of code for all."""
    return representative(load(api))


@frozen
class Fault:
    """One fault of an emulator, and the APIs to which it applies."""

    name: str
    broken: Break | None = None
    apis: tuple[str, ...] = (*KIE, *KLING)
    called: Callable[[Endpoints, Any], Any] = lambda endpoints, body: body
    """Changes the body of a callback; if it returns None, the callback is not sent."""
    field: str = ""
    """The field of a body that the fault is about; empty: any."""

    def subject(self, api: str) -> Subject:
        """The emulator of an API with this fault."""
        endpoints, broken = ENDPOINTS[api], self.broken
        return Subject(
            endpoints,
            spec(api),
            wrap=lambda app: BrokenApp(app, broken, endpoints) if broken else app,
            deliver=lambda body: self.called(endpoints, body),
        )

    def __str__(self) -> str:
        return self.name


def clipped(text: Any) -> Any:
    return text[:9] if isinstance(text, str) else text


def stretched(text: Any) -> Any:
    return text * 99 if isinstance(text, str) and len(text) > 99 else text


def doubled(text: Any) -> Any:
    return text.replace("😀", "😀😀") if isinstance(text, str) else text


def edited(text: str, **changes: Any) -> str:
    """JSON in a string with other fields; None takes one out."""
    fields = {**json.loads(text), **changes}
    return json.dumps({name: value for name, value in fields.items() if value is not None})


def every(name: dict[str, str], change: Callable[[Any], Any]) -> Callable[[Endpoints, Fields], None]:
    """Change a field that each API calls by a name of its own."""
    return lambda endpoints, given: mistakes.change_response_field(name[endpoints.api], change)(endpoints, given)


def renamed(endpoints: Endpoints, given: Fields) -> None:
    given["status"] = given.pop(endpoints.state, None)


def smuggled(_: Endpoints, given: Fields) -> None:
    given.pop("unknown", None)


def invented(_: Endpoints, given: Fields) -> None:
    given.setdefault("prompt", "a")


def take_unknown_model(endpoints: Endpoints, request: httpx.Request) -> httpx.Request:
    """Treat an unknown model as that of the last example."""
    known = examples(spec(endpoints.api))[-1][endpoints.model]
    return changed_request(request, content=request.content.replace(b'"other"', json.dumps(known).encode()))


FAULTS: Final[tuple[Fault, ...]] = (
    Fault("a limit is not held", mistakes.change_field("prompt", clipped), field="prompt"),
    Fault("another limit is not held", mistakes.change_field("negative_prompt", clipped), field="negative_prompt"),
    Fault("a limit is too low", mistakes.change_field("prompt", stretched), field="prompt"),
    Fault("UTF-16 is counted", mistakes.change_field("prompt", doubled), field="prompt"),
    Fault("null is nothing", bodies(mistakes.drop_nulls)),
    Fault("a prompt is made up", bodies(invented), field="prompt"),
    Fault("unknown fields are taken", bodies(smuggled), KIE),
    Fault("a ratio too many", mistakes.replace_value("aspect_ratio", "other", "16:9"), field="aspect_ratio"),
    Fault("a ratio too few", mistakes.replace_value("aspect_ratio", "9:16", "21:9"), field="aspect_ratio"),
    Fault("a length too many", mistakes.replace_value("duration", "15", "10"), field="duration"),
    Fault("a length of another kind", mistakes.replace_value("duration", 5, "5"), KIE, field="duration"),
    Fault("a length as a number alone", mistakes.replace_value("duration", "5", "7"), KLING, field="duration"),
    Fault("a scale too far", mistakes.replace_value("cfg_scale", 1.1, 1), field="cfg_scale"),
    Fault("a scale between the steps", mistakes.replace_value("cfg_scale", 0.35, 0.3), KIE, field="cfg_scale"),
    Fault("a scale in steps", mistakes.replace_value("cfg_scale", 0.35, 7), KLING, field="cfg_scale"),
    Fault("a word for true", mistakes.replace_value("sound", "true", True), KIE, field="sound"),
    Fault("a mode too many", mistakes.replace_value("mode", "other", "pro"), KLING, field="mode"),
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
    Fault("an address that must be one", mistakes.replace_value("callback_url", "", None), KLING, field="callback_url"),
    Fault("a model too many", requests(take_unknown_model), field="model"),
    Fault("a created task is 201", mistakes.change_response(200, status=201)),
    Fault("one error for another", mistakes.change_response(400, 422, status=401)),
    Fault("422 is 400", mistakes.change_response(422, status=400), KIE),
    Fault("a body that is no JSON is accepted", requests(mistakes.accept_invalid_json)),
    Fault(
        "any media type is JSON",
        requests(lambda endpoints, it: changed_request(it, {"content-type": "application/json"})),
    ),
    Fault("no key is needed", mistakes.accept_credentials("")),
    Fault("any key will do", mistakes.accept_credentials("Bearer unknown-key")),
    Fault("any scheme will do", mistakes.accept_credentials("Basic YW5uYS1rZXk=")),
    Fault("keys in capitals will do", mistakes.accept_credentials("Bearer Anna-key")),
    Fault("401 is 403", mistakes.change_response(401, status=403)),
    Fault("no header that states how to authenticate", mistakes.drop_header("www-authenticate")),
    Fault("another method will do", requests(mistakes.treat_delete_as_get)),
    Fault("a slash too many will do", requests(mistakes.ignore_trailing_slash)),
    Fault("no header that states the right method", mistakes.drop_header("allow")),
    Fault("a page for humans", mistakes.change_response(404, page=True, media="text/html")),
    Fault("a page for all errors", mistakes.change_response(400, 401, 404, 405, 422, page=True)),
    Fault("JSON in plain text", mistakes.change_response(200, media="text/plain")),
    Fault("JSON that is cut off", mistakes.change_response(200, cut=1)),
    Fault("a crash", mistakes.change_response(400, 422, status=500)),
    Fault("400 is 422", mistakes.change_response(400, status=422), KLING),
    Fault("a code for errors", errors(lambda endpoints, given: given.update(code=1))),
    Fault("codes as text", errors(lambda endpoints, given: given.update(code=str(given["code"])))),
    Fault(
        "codes of another API",
        errors(lambda endpoints, given: given.update(code=404 if endpoints.api == "relay" else 1203)),
    ),
    Fault("errors with data", errors(lambda endpoints, given: given.update(data={"taskId": "x", "task_id": "x"}))),
    Fault("errors with empty data", errors(lambda endpoints, given: given.update(data={}))),
    Fault("another envelope", errors(lambda endpoints, given: given.update(error=given.pop(MESSAGE[endpoints.api])))),
    Fault("errors without a reason", errors(lambda endpoints, given: given.update({MESSAGE[endpoints.api]: None}))),
    Fault("errors hide in a 200", mistakes.change_response(400, 401, 404, 422, status=200)),
    Fault("another code for success", json_responses(mistakes.change_success_code)),
    Fault("an envelope where there is none", json_responses(mistakes.add_envelope), NATIVE),
    Fault("no envelope", json_responses(mistakes.remove_envelope), ENVELOPED),
    Fault(
        "a field more in the envelope",
        json_responses(lambda endpoints, right, given: {**given, "traceId": "x"}),
        ENVELOPED,
    ),
    Fault("times as text", records(every(CREATED, str)), KLING),
    Fault("times in text", queries(every(CREATED, str)), KIE),
    Fault("a field that no document has", queries(lambda endpoints, given: given.update(extra=1))),
    Fault(
        "an id that is a number",
        records(mistakes.change_response_field(None, lambda task_id: int.from_bytes(task_id.encode()[:6]))),
    ),
    Fault("an id that is null", records(mistakes.change_response_field(None, lambda task_id: None))),
    Fault("one id for all", mistakes.reuse_first_id),
    Fault("every user sees all tasks", mistakes.accept_credentials("Bearer boris-key")),
    Fault("lost tasks", mistakes.lose_task(1, 2, 3, 4)),
    Fault("late tasks", mistakes.lose_task(1)),
    Fault("an id of another task", queries(mistakes.change_response_field(None, lambda task_id: task_id[::-1]))),
    Fault("a field more on creation", records(lambda endpoints, given: given.update(extra=1))),
    Fault("a field more", queries(lambda endpoints, given: given.update(extra=1))),
    Fault("a field less", queries(lambda endpoints, given: given.pop(CREATED[endpoints.api], None))),
    Fault("a field renamed", queries(renamed)),
    Fault("a word for success", mistakes.change_state_word("succeeded", "succeeded")),
    Fault("a word for failure", mistakes.change_state_word("failed", "error")),
    Fault("a word for waiting", mistakes.change_state_word("accepted", "queued")),
    Fault("states go back", mistakes.return_to_waiting),
    Fault("times in seconds", records(every(CREATED, lambda time: time // 1000))),
    Fault("times as fractions", records(every(CREATED, lambda time: time + 0.5))),
    Fault("no times", queries(every(CREATED, lambda time: None)), KLING),
    Fault(
        "a cost in seconds",
        queries(mistakes.change_response_field("costTime", lambda cost: cost and cost // 1000)),
        KIE,
    ),
    Fault("a request that is no text", queries(mistakes.change_response_field("param", json.loads)), KIE),
    Fault(
        "a request without its model",
        queries(mistakes.change_response_field("param", lambda it: edited(it, model=None))),
        KIE,
    ),
    Fault(
        "a request without its callback",
        queries(mistakes.change_response_field("param", lambda it: edited(it, callBackUrl=None))),
        KIE,
    ),
    Fault("another model", queries(mistakes.change_response_field("model", lambda name: "kling-v9")), KIE),
    Fault("a result before its time", queries(mistakes.show_result_early)),
    Fault("no result at its time", queries(mistakes.empty_result)),
    Fault("a result in no list", queries(mistakes.change_response_field("resultJson", mistakes.remove_brackets)), KIE),
    Fault(
        "a result that is no text",
        queries(mistakes.change_response_field("resultJson", lambda it: it and json.loads(it))),
        KIE,
    ),
    Fault(
        "a result that is one video",
        queries(mistakes.change_response_field("task_result", lambda it: it and it["videos"][0])),
        KLING,
    ),
    Fault("a failure without a reason", queries(mistakes.drop_failure_reason)),
    Fault("a page in place of a video", mistakes.replace_videos(b"<h1>Oops</h1>", "text/html")),
    Fault("an empty video", mistakes.replace_videos(b"", "video/mp4")),
    Fault("no callbacks", called=lambda endpoints, body: None),
    Fault("callbacks that never report the end", called=mistakes.stay_running),
    Fault("callbacks in the form of another API", called=mistakes.toggle_envelope),
    Fault("callbacks without an id", called=mistakes.drop_task_id),
)
