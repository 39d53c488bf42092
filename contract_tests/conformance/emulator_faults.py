"""Emulators with one fault each: the checks of the emulator must notice every one."""

import json
from collections.abc import Callable
from typing import Any, Final

from attrs import frozen

from contract_tests.conformance import emulator_mistakes as by
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
from scripts.checks.recording import Subject
from scripts.specs.files import load

KIE: Final = ("kie",)
NATIVE: Final = ("native",)
RELAY: Final = ("relay",)
KLING: Final = (*NATIVE, *RELAY)
ENVELOPED: Final = (*KIE, *RELAY)
CREATED: Final = {"kie": "createTime", **dict.fromkeys(KLING, "created_at")}
MESSAGE: Final = {"kie": "msg", **dict.fromkeys(KLING, "message")}


@frozen
class Fault:
    """One thing that is wrong, and the APIs with which it can be."""

    name: str
    broken: Break | None = None
    apis: tuple[str, ...] = (*KIE, *KLING)
    called: Callable[[Endpoints, Any], Any] = lambda endpoints, body: body
    """What becomes of a callback; None: it is not sent."""
    field: str = ""
    """The field of a body that is concerned; empty: any."""

    def subject(self, api: str) -> Subject:
        """The emulator of an API with this fault."""
        endpoints, broken = ENDPOINTS[api], self.broken
        return Subject(
            endpoints,
            load(api),
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
    return lambda endpoints, given: by.field(name[endpoints.api], change)(endpoints, given)


def renamed(endpoints: Endpoints, given: Fields) -> None:
    given["status"] = given.pop(endpoints.state, None)


def smuggled(_: Endpoints, given: Fields) -> None:
    given.pop("unknown", None)


def invented(_: Endpoints, given: Fields) -> None:
    given.setdefault("prompt", "a")


FAULTS: Final[tuple[Fault, ...]] = (
    Fault("a limit is not held", by.put("prompt", clipped), field="prompt"),
    Fault("another limit is not held", by.put("negative_prompt", clipped), field="negative_prompt"),
    Fault("a limit is too low", by.put("prompt", stretched), field="prompt"),
    Fault("UTF-16 is counted", by.put("prompt", doubled), field="prompt"),
    Fault("null is nothing", bodies(by.without_nulls)),
    Fault("a prompt is made up", bodies(invented), field="prompt"),
    Fault("unknown fields are taken", bodies(smuggled), KIE),
    Fault("a ratio too many", by.swapped("aspect_ratio", "other", "16:9"), field="aspect_ratio"),
    Fault("a ratio too few", by.swapped("aspect_ratio", "9:16", "21:9"), field="aspect_ratio"),
    Fault("a length too many", by.swapped("duration", "15", "10"), field="duration"),
    Fault("a length of another kind", by.swapped("duration", 5, "5"), KIE, field="duration"),
    Fault("a length as a number alone", by.swapped("duration", "5", "7"), KLING, field="duration"),
    Fault("a scale too far", by.swapped("cfg_scale", 1.1, 1), field="cfg_scale"),
    Fault("a scale between the steps", by.swapped("cfg_scale", 0.35, 0.3), KIE, field="cfg_scale"),
    Fault("a scale in steps", by.swapped("cfg_scale", 0.35, 7), KLING, field="cfg_scale"),
    Fault("a word for true", by.swapped("sound", "true", True), KIE, field="sound"),
    Fault("a mode too many", by.swapped("mode", "other", "pro"), KLING, field="mode"),
    Fault("half a camera", by.put("camera_control", by.moved), RELAY, field="camera_control"),
    Fault(
        "a camera that must be whole",
        by.swapped("camera_control", {"type": "down_back"}, {}),
        RELAY,
        field="camera_control",
    ),
    Fault("a camera that must have a type", by.swapped("camera_control", {}, None), NATIVE, field="camera_control"),
    Fault("an address that must be one", by.swapped("callback_url", "", None), KLING, field="callback_url"),
    Fault("a model too many", requests(by.model_for_others), field="model"),
    Fault("a created task is 201", by.responded_as(200, status=201)),
    Fault("one error for another", by.responded_as(400, 422, status=401)),
    Fault("422 is 400", by.responded_as(422, status=400), KIE),
    Fault("what is no JSON is read", requests(by.read_anyway)),
    Fault(
        "any media type is JSON",
        requests(lambda endpoints, it: changed_request(it, {"content-type": "application/json"})),
    ),
    Fault("no key is needed", by.as_anna("")),
    Fault("any key will do", by.as_anna("Bearer unknown-key")),
    Fault("any scheme will do", by.as_anna("Basic YW5uYS1rZXk=")),
    Fault("keys in capitals will do", by.as_anna("Bearer Anna-key")),
    Fault("401 is 403", by.responded_as(401, status=403)),
    Fault("no word of how to authenticate", by.without_header("www-authenticate")),
    Fault("another method will do", requests(by.deleting)),
    Fault("a slash too many will do", requests(by.at_home)),
    Fault("no word of the right method", by.without_header("allow")),
    Fault("a page for humans", by.responded_as(404, page=True, media="text/html")),
    Fault("a page for all errors", by.responded_as(400, 401, 404, 405, 422, page=True)),
    Fault("JSON in plain text", by.responded_as(200, media="text/plain")),
    Fault("JSON that is cut off", by.responded_as(200, cut=1)),
    Fault("a crash", by.responded_as(400, 422, status=500)),
    Fault("400 is 422", by.responded_as(400, status=422), KLING),
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
    Fault("errors hide in a 200", by.responded_as(400, 401, 404, 422, status=200)),
    Fault("another code for success", json_responses(by.coded)),
    Fault("an envelope where there is none", json_responses(by.enveloped), NATIVE),
    Fault("no envelope", json_responses(by.flat), ENVELOPED),
    Fault(
        "a field more in the envelope",
        json_responses(lambda endpoints, right, given: {**given, "traceId": "x"}),
        ENVELOPED,
    ),
    Fault("times as text", records(every(CREATED, str)), KLING),
    Fault("times in text", queries(every(CREATED, str)), KIE),
    Fault("a field that no document has", queries(lambda endpoints, given: given.update(extra=1))),
    Fault("an id that is a number", records(by.field(None, lambda task_id: int.from_bytes(task_id.encode()[:6])))),
    Fault("an id that is null", records(by.field(None, lambda task_id: None))),
    Fault("one id for all", by.again),
    Fault("every user sees all tasks", by.as_anna("Bearer boris-key")),
    Fault("lost tasks", by.lost(1, 2, 3, 4)),
    Fault("late tasks", by.lost(1)),
    Fault("an id of another task", queries(by.field(None, lambda task_id: task_id[::-1]))),
    Fault("a field more on creation", records(lambda endpoints, given: given.update(extra=1))),
    Fault("a field more", queries(lambda endpoints, given: given.update(extra=1))),
    Fault("a field less", queries(lambda endpoints, given: given.pop(CREATED[endpoints.api], None))),
    Fault("a field renamed", queries(renamed)),
    Fault("a word for success", by.word("succeeded", "succeeded")),
    Fault("a word for failure", by.word("failed", "error")),
    Fault("a word for waiting", by.word("accepted", "queued")),
    Fault("states go back", by.back),
    Fault("times in seconds", records(every(CREATED, lambda time: time // 1000))),
    Fault("times as fractions", records(every(CREATED, lambda time: time + 0.5))),
    Fault("no times", queries(every(CREATED, lambda time: None)), KLING),
    Fault("a cost in seconds", queries(by.field("costTime", lambda cost: cost and cost // 1000)), KIE),
    Fault("a request that is no text", queries(by.field("param", json.loads)), KIE),
    Fault("a request without its model", queries(by.field("param", lambda it: edited(it, model=None))), KIE),
    Fault("a request without its callback", queries(by.field("param", lambda it: edited(it, callBackUrl=None))), KIE),
    Fault("another model", queries(by.field("model", lambda name: "kling-v9")), KIE),
    Fault("a result before its time", queries(by.ripe)),
    Fault("no result at its time", queries(by.barren)),
    Fault("a result in no list", queries(by.field("resultJson", by.unlisted)), KIE),
    Fault("a result that is no text", queries(by.field("resultJson", lambda it: it and json.loads(it))), KIE),
    Fault("a result that is one video", queries(by.field("task_result", lambda it: it and it["videos"][0])), KLING),
    Fault("a failure without a reason", queries(by.blameless)),
    Fault("a page in place of a film", by.media(b"<h1>Oops</h1>", "text/html")),
    Fault("an empty film", by.media(b"", "video/mp4")),
    Fault("no callbacks", called=lambda endpoints, body: None),
    Fault("callbacks that tell of no end", called=by.endless),
    Fault("callbacks in the form of another API", called=by.turned),
    Fault("callbacks without an id", called=by.nameless),
)
