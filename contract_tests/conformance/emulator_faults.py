"""Emulators that are wrong in one respect each, under the name of the check that must notice."""

import json
from collections.abc import Callable
from typing import Any, Final

from attrs import evolve, frozen

from contract_tests.conformance import emulator_mistakes as by
from contract_tests.conformance.broken_emulator import (
    Break,
    Broken,
    Fields,
    Kind,
    answer,
    asked,
    asking,
    body,
    errors,
    record,
    sending,
)
from contract_tests.emulator.kit import APIS, Kie, Native, Relay
from scripts.checks.exchanges import App

KLING: Final = (Native, Relay)
STATE: Final = {Kie: "state", Native: "task_status", Relay: "task_status"}
CREATED: Final = {Kie: "createTime", Native: "created_at", Relay: "created_at"}
MESSAGE: Final = {Kie: "msg", Native: "message", Relay: "message"}


@frozen
class Fault:
    """One thing that is wrong, and with whom it can be."""

    name: str
    broken: Break | None = None
    kinds: tuple[Kind, ...] = APIS
    called: Callable[[Kind, Any], Any] = lambda kind, body: body
    """What becomes of a callback; None: it is not sent."""
    check: str = ""
    """Who must notice."""

    def spoil(self, kind: Kind) -> Callable[[App], App]:
        """The application as it answers with this fault."""
        return lambda app: Broken(app, self.broken, kind) if self.broken else app

    def falsify(self, kind: Kind) -> Callable[[Any], Any]:
        """The callbacks as they are sent with this fault."""
        return lambda body: self.called(kind, body)

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


def every(name: dict[Kind, str], change: Callable[[Any], Any]) -> Callable[[Kind, Fields], None]:
    """Change a field that each API calls by a name of its own."""
    return lambda kind, given: by.field(name[kind], change)(kind, given)


def renamed(kind: Kind, given: Fields) -> None:
    given["status"] = given.pop(STATE[kind], None)


def smuggled(kind: Kind, given: Fields) -> None:
    given.pop("unknown", None)


def invented(kind: Kind, given: Fields) -> None:
    given.setdefault("prompt", "a")


BY_CHECK: Final[dict[str, tuple[Fault, ...]]] = {
    "orders_are_taken_if_the_spec_allows_them": (
        Fault("a limit is not held", by.put("prompt", clipped)),
        Fault("another limit is not held", by.put("negative_prompt", clipped)),
        Fault("a limit is too low", by.put("prompt", stretched)),
        Fault("UTF-16 is counted", by.put("prompt", doubled)),
        Fault("null is nothing", body(by.without_nulls)),
        Fault("a prompt is made up", body(invented)),
        Fault("strangers among the fields are let in", body(smuggled), (Kie,)),
        Fault("a ratio too many", by.swapped("aspect_ratio", "21:9", "16:9")),
        Fault("a ratio too few", by.swapped("aspect_ratio", "9:16", "21:9")),
        Fault("a length too many", by.swapped("duration", "15", "10")),
        Fault("a length of another kind", by.swapped("duration", 5, "5"), (Kie,)),
        Fault("a length as a number alone", by.swapped("duration", "5", "7"), KLING),
        Fault("a scale too far", by.swapped("cfg_scale", 1.1, 1)),
        Fault("a scale between the steps", by.swapped("cfg_scale", 0.25, 0.3), (Kie,)),
        Fault("a scale in steps", by.swapped("cfg_scale", 0.25, 7), KLING),
        Fault("a word for true", by.swapped("sound", "true", True), (Kie,)),
        Fault("a mode too many", by.swapped("mode", "4k", "pro"), KLING),
        Fault("half a camera", by.swapped("camera_control", {"type": "simple"}, {"type": "down_back"}), (Relay,)),
        Fault("a camera that must be whole", by.swapped("camera_control", {"type": "down_back"}, {}), (Relay,)),
        Fault("a camera that must have a type", by.swapped("camera_control", {}, None), (Native,)),
        Fault("an address that must be one", by.swapped("callback_url", "", None), KLING),
        Fault("a model too many", asked(by.model_for_others)),
        Fault("a created task is 201", by.told_as(200, status=201)),
    ),
    "refused_orders_are_told_apart": (
        Fault("one error for another", by.told_as(400, 422, status=401)),
        Fault("422 is 400", by.told_as(422, status=400), (Kie,)),
    ),
    "what_cannot_be_read_is_refused": (
        Fault("what is no JSON is read", asked(by.read_anyway)),
        Fault("any media type is JSON", asked(lambda kind, it: sending(it, {"content-type": "application/json"}))),
    ),
    "strangers_are_sent_away": (
        Fault("no key is needed", by.as_anna("")),
        Fault("any key will do", by.as_anna("Bearer nobodys-key")),
        Fault("any scheme will do", by.as_anna("Basic YW5uYS1rZXk=")),
        Fault("keys in capitals will do", by.as_anna("Bearer Anna-key")),
        Fault("401 is 403", by.told_as(401, status=403)),
        Fault("no word of how to authenticate", by.without_header("www-authenticate")),
    ),
    "wrong_addresses_are_told": (
        Fault("another method will do", asked(by.deleting)),
        Fault("a slash too many will do", asked(by.at_home)),
        Fault("no word of the right method", by.without_header("allow")),
    ),
    "answers_are_json": (
        Fault("a page for people", by.told_as(404, page=True, media="text/html")),
        Fault("a page for all errors", by.told_as(400, 401, 404, 405, 422, page=True)),
        Fault("JSON in plain text", by.told_as(200, media="text/plain")),
        Fault("JSON that is cut off", by.told_as(200, cut=1)),
    ),
    "refusals_have_a_code_of_the_document": (
        Fault("a crash", by.told_as(400, 422, status=500)),
        Fault("400 is 422", by.told_as(400, status=422), KLING),
        Fault("a code for errors", errors(lambda kind, given: given.update(code=1))),
        Fault("codes as text", errors(lambda kind, given: given.update(code=str(given["code"])))),
        Fault("codes of another API", errors(lambda kind, given: given.update(code=404 if kind is Relay else 1203))),
    ),
    "refusals_bring_no_data": (
        Fault("errors with data", errors(lambda kind, given: given.update(data={"taskId": "x", "task_id": "x"}))),
        Fault("errors with empty data", errors(lambda kind, given: given.update(data={}))),
    ),
    "refusals_have_exactly_these_fields": (
        Fault("another envelope", errors(lambda kind, given: given.update(error=given.pop(MESSAGE[kind])))),
    ),
    "refusals_say_why": (
        Fault("errors without a reason", errors(lambda kind, given: given.update({MESSAGE[kind]: None}))),
    ),
    "no_error_hides_in_a_200": (
        Fault("errors hide in a 200", by.told_as(400, 401, 404, 422, status=200)),
        Fault("another code for success", answer(by.coded)),
        Fault("an envelope where there is none", answer(by.enveloped), (Native,)),
    ),
    "envelopes_have_exactly_these_fields": (
        Fault("no envelope", answer(by.flat), (Kie, Relay)),
        Fault(
            "a field more in the envelope", answer(lambda kind, right, given: {**given, "traceId": "x"}), (Kie, Relay)
        ),
    ),
    "answers_are_what_the_spec_declares": (
        Fault("times as text", record(every(CREATED, str)), KLING),
        Fault("times in text", asking(every(CREATED, str)), (Kie,)),
        Fault("a field that nobody knows", asking(lambda kind, given: given.update(extra=1))),
    ),
    "ids_are_new_texts": (
        Fault("an id that is a number", record(by.field(None, lambda task_id: int.from_bytes(task_id.encode()[:6])))),
        Fault("an id that is null", record(by.field(None, lambda task_id: None))),
        Fault("one id for all", by.again),
    ),
    "tasks_are_found_by_their_owners_alone": (
        Fault("all see all tasks", by.as_anna("Bearer boris-key")),
        Fault("lost tasks", by.lost(1, 2, 3, 4)),
        Fault("late tasks", by.lost(1)),
        Fault("an id that is another's", asking(by.field(None, lambda task_id: task_id[::-1]))),
    ),
    "creations_have_exactly_these_fields": (
        Fault("a field more on creation", record(lambda kind, given: given.update(extra=1))),
    ),
    "records_have_exactly_these_fields": (
        Fault("a field more", asking(lambda kind, given: given.update(extra=1))),
        Fault("a field less", asking(lambda kind, given: given.pop(CREATED[kind], None))),
        Fault("a field renamed", asking(renamed)),
    ),
    "states_are_words_of_the_document": (
        Fault("a word for success", by.word("succeeded", "succeeded")),
        Fault("a word for failure", by.word("failed", "error")),
        Fault("a word for waiting", by.word("accepted", "queued")),
    ),
    "states_go_forward": (Fault("states go back", by.back),),
    "times_are_milliseconds": (
        Fault("times in seconds", record(every(CREATED, lambda time: time // 1000))),
        Fault("times as fractions", record(every(CREATED, lambda time: time + 0.5))),
        Fault("no times", asking(every(CREATED, lambda time: None)), KLING),
        Fault("a cost in seconds", asking(by.field("costTime", lambda cost: cost and cost // 1000)), (Kie,)),
    ),
    "kies_records_hold_the_request": (
        Fault("a request that is no text", asking(by.field("param", json.loads)), (Kie,)),
        Fault("a request without its model", asking(by.field("param", lambda it: edited(it, model=None))), (Kie,)),
        Fault(
            "a request without its callback", asking(by.field("param", lambda it: edited(it, callBackUrl=None))), (Kie,)
        ),
        Fault("another model", asking(by.field("model", lambda name: "kling-v9")), (Kie,)),
    ),
    "results_come_with_success_alone": (
        Fault("a result before its time", asking(by.ripe)),
        Fault("no result at its time", asking(by.barren)),
        Fault("a result in no list", asking(by.field("resultJson", by.unlisted)), (Kie,)),
        Fault("a result that is no text", asking(by.field("resultJson", lambda it: it and json.loads(it))), (Kie,)),
        Fault("a result that is one film", asking(by.field("task_result", lambda it: it and it["videos"][0])), KLING),
    ),
    "reasons_come_with_failure_alone": (Fault("a failure without a reason", asking(by.blameless)),),
    "films_are_videos": (
        Fault("a film for people", by.film(b"<h1>Oops</h1>", "text/html")),
        Fault("an empty film", by.film(b"", "video/mp4")),
    ),
    "callbacks_tell_of_each_change": (
        Fault("no callbacks", called=lambda kind, body: None),
        Fault("callbacks that tell of no end", called=by.endless),
    ),
    "callbacks_are_what_the_spec_declares": (Fault("callbacks in the form of another API", called=by.turned),),
    "callbacks_say_what_a_question_would": (Fault("callbacks without an id", called=by.nameless),),
}
FAULTS: Final = tuple(evolve(fault, check=check) for check, faults in BY_CHECK.items() for fault in faults)
