"""The emulator against the specs: schemathesis in all its phases, our own checks on all that it sent, and a walk."""

import copy
from typing import Any

import httpx
import pytest
from attrs import frozen
from contract_tests.conformance.emulator_checks import CHECKS, judge
from contract_tests.conformance.emulator_history import History
from contract_tests.conformance.emulator_walk import KINDS, spec, walk

from contract_tests.conformance import emulator_mistakes as by
from contract_tests.conformance.broken_emulator import Break, Broken, Kind, answer, told
from klingkit.emulator import AfterQueries, Emulator, VirtualClock
from scripts.checks.corpus import KEYS, ONCE
from scripts.checks.emulator import problems
from scripts.checks.exchanges import Exchange, Recorder
from scripts.checks.fuzz import PHASES, Run, fuzz, stock_checks
from scripts.specs.spec import operations
from scripts.specs.spec import walk as nodes

NOT_APPLICABLE = {
    "use_after_free": "no document has a DELETE",
    "response_headers_conformance": "no document names a header of an answer",
}
"""Checks of schemathesis that have nothing to check here, and why."""
BLIND = {
    ("kie", "ensure_resource_availability"): "it wants an id in the path, where kie.ai has a query",
    ("kie", "object_level_authorization"): "likewise",
    ("relay", "object_level_authorization"): "it compares whole answers, and each has a request_id of its own",
}
"""Checks of schemathesis that look and see nothing; `tasks_are_found_by_their_owners_alone` sees it."""
LEAST = {"examples": 5, "coverage": 100, "fuzzing": 25, "stateful": 75}
"""Requests in each phase."""

every_api = pytest.mark.parametrize("api", KINDS)


def emulator() -> Emulator:
    return Emulator(clock=VirtualClock(), finish=AfterQueries(1), keys=set(KEYS.values()), post=lambda url, body: 204)


@frozen
class Fuzzed:
    """A run of schemathesis, and all that went over the wire."""

    api: str
    run: Run
    exchanges: list[Exchange]


@pytest.fixture(scope="module", params=KINDS)
def fuzzed(request: pytest.FixtureRequest) -> Fuzzed:
    recorder = Recorder(emulator().app)
    return Fuzzed(request.param, fuzz(spec(request.param), recorder, KEYS, once=ONCE), recorder.exchanges)


def test_schemathesis_finds_nothing(fuzzed: Fuzzed) -> None:
    assert fuzzed.run.findings == ()


def test_all_four_phases_run(fuzzed: Fuzzed) -> None:
    assert {phase: fuzzed.run.cases[phase] for phase in PHASES if fuzzed.run.cases[phase] < LEAST[phase]} == {}
    assert sum(fuzzed.run.cases.values()) == len(fuzzed.exchanges)


def test_all_checks_of_schemathesis_run(fuzzed: Fuzzed) -> None:
    assert {name for name, times in fuzzed.run.checks.items() if times} == stock_checks()


def test_our_own_checks_find_nothing_in_what_schemathesis_did(fuzzed: Fuzzed) -> None:
    past = History(KINDS[fuzzed.api], spec(fuzzed.api), set(KEYS.values()))
    assert judge(past, fuzzed.exchanges) == []


@every_api
def test_what_does_not_apply_does_not(api: str) -> None:
    assert {it.method for it in operations(spec(api))} == {"get", "post"}
    assert [where for where, node in nodes(spec(api)) if "responses" not in where and "headers" in node] == []
    assert NOT_APPLICABLE.keys() < stock_checks()


def test_the_same_seed_sends_the_same() -> None:
    def sent() -> list[str]:
        recorder = Recorder(emulator().app)
        fuzz(spec("relay"), recorder, KEYS, phases=("fuzzing", "stateful"), examples=4, once=ONCE)
        return [f"{it.headers.get('authorization')} {it}" for it in recorder.exchanges]

    assert sent() == sent() != []


def misled(kind: Kind, request: httpx.Request, right: httpx.Response) -> httpx.Response | None:
    """Allow what is not allowed."""
    headers = {**right.headers, "allow": "GET, POST, DELETE"}
    return httpx.Response(405, headers=headers, content=right.content) if right.status_code == 405 else None


def clipped(text: Any) -> Any:
    return text[:9] if isinstance(text, str) else text


STOCK: dict[str, tuple[str, Break, str]] = {
    "not_a_server_error": ("kie", by.told_as(400, 422, status=500), "coverage"),
    "status_code_conformance": ("native", by.told_as(400, 422, status=418), "coverage"),
    "content_type_conformance": ("relay", by.told_as(200, media="text/html"), "examples"),
    "response_schema_conformance": ("kie", answer(lambda kind, right, given: {**given, "code": "x"}), "examples"),
    "negative_data_rejection": ("native", by.put("prompt", clipped), "coverage"),
    "positive_data_acceptance": ("relay", by.put("prompt", lambda text: 5), "examples"),
    "missing_required_header": ("kie", by.as_anna(""), "coverage"),
    "unsupported_method": ("native", by.told_as(405, status=200), "coverage"),
    "allow_header_conformance": ("relay", told(misled), "coverage"),
    "ensure_resource_availability": ("native", by.lost(*range(99)), "stateful"),
    "ignored_auth": ("relay", by.as_anna(""), "examples"),
    "object_level_authorization": ("native", by.as_anna("Bearer boris-key"), "stateful"),
}
"""Check of schemathesis -> a mistake that it must notice, and in which phase it does."""


def test_each_check_of_schemathesis_that_applies_has_a_mistake_to_notice() -> None:
    assert STOCK.keys() | NOT_APPLICABLE.keys() == stock_checks()


@pytest.mark.parametrize("check", STOCK)
def test_schemathesis_notices_a_mistake_of_each_kind(check: str) -> None:
    api, mistake, phase = STOCK[check]
    broken = Broken(emulator().app, mistake, KINDS[api])
    run = fuzz(spec(api), broken, KEYS, phases=(phase,), examples=5, once=ONCE)
    assert check in {finding.check for finding in run.findings}


@pytest.mark.parametrize(("api", "check"), BLIND)
def test_where_schemathesis_is_blind_we_are_not(api: str, check: str) -> None:
    mistake = STOCK[check][1]
    run = fuzz(
        spec(api), Broken(emulator().app, mistake, KINDS[api]), KEYS, phases=("stateful",), examples=5, once=ONCE
    )
    assert check not in {finding.check for finding in run.findings}, "it sees by now: take it off the list"
    noticed = walk(api, lambda app: Broken(app, mistake, KINDS[api])).faults
    assert "tasks_are_found_by_their_owners_alone" in {fault.check for fault in noticed}


@every_api
def test_a_walk_finds_nothing_and_gives_every_check_something_to_judge(api: str) -> None:
    it = walk(api)
    assert it.faults == ()
    idle = {check.name for check in CHECKS} - it.judged.keys()
    assert idle == (set() if api == "kie" else {"kies_records_hold_the_request"})


# The recorded corpus, against a spec


@every_api
def test_specs_and_emulator_agree(api: str) -> None:
    assert problems(api, spec(api)) == []


GONE = object()
SCHEMAS = "/components/schemas"
KIES = "/paths/~1api~1v1~1jobs~1createTask"
RECORD = "/paths/~1api~1v1~1jobs~1recordInfo/get"
NATIVES = "/paths/~1v1~1videos~1text2video"
PROMPT = f"{SCHEMAS}/Kling26TextToVideo/properties/prompt/maxLength"
RELAYED = f"{SCHEMAS}/CreateText2Video"
CHANGES: list[tuple[str, str, Any, str]] = [
    ("kie", KIES, GONE, "POST /api/v1/jobs/createTask is served, and not declared"),
    ("kie", f"{KIES}/put", {"responses": {}}, "PUT /api/v1/jobs/createTask is declared, and not served"),
    ("kie", f"{KIES}/put", {"responses": {}}, "is declared, and /api/v1/jobs/createTask is answered with 405"),
    ("kie", "/servers/0/url", "https://api.kie.ai/api", "https://api.kie.ai/api is a server"),
    ("kie", f"{RECORD}/security", [], "without a bearer token it is refused"),
    ("relay", "/components/securitySchemes/bearerAuth/scheme", "basic", "the keys declared are [['http basic']]"),
    ("kie", f"{RECORD}/parameters/0/required", False, "no parameter is wrong"),
    ("kie", f"{RECORD}/parameters/0/name", "task_id", "task_id in query is missing"),
    ("kie", f"{RECORD}/parameters/0/schema/type", "integer", "taskId in query must not be ['"),
    ("kie", f"{RECORD}/parameters/0/schema/maxLength", 255, "taskId in query must not be ['aaa"),
    ("kie", f"{RECORD}/requestBody", {"content": {}}, "a question has no body"),
    ("native", f"{NATIVES}~1{{task_id}}/get/parameters", [], "task_id in the path is not declared"),
    ("native", f"{NATIVES}/post/requestBody/required", False, "declared is the reverse"),
    ("native", f"{NATIVES}/post/requestBody/content/text~1plain", {}, "bodies are taken as ['application/json']"),
    (
        "native",
        f"{NATIVES}/post/requestBody/content/application~1json/schema",
        GONE,
        "the schema of its body is missing",
    ),
    ("kie", PROMPT, 999, "the spec refuses this"),
    ("kie", PROMPT, 1001, "the spec takes this"),
    ("kie", f"{SCHEMAS}/Kling21Pro/properties/cfg_scale/multipleOf", 0.05, "the spec takes this"),
    ("relay", f"{RELAYED}/additionalProperties", False, "the spec refuses this"),
    ("relay", f"{RELAYED}/required/1", GONE, "the spec takes this"),
    ("relay", f"{SCHEMAS}/WireCameraMove/properties/type/enum/2", "tilt_up", "the spec refuses this"),
    ("native", f"{RELAYED}/properties/aspect_ratio/enum/7", "21:9", "aspect_ratio: '21:9' is offered"),
    ("native", f"{RELAYED}/properties/sound", {"type": "string"}, "sound is declared, and was never taken"),
    ("native", f"{RELAYED}/properties/duration/default", 10, "duration: 10 is the default, and makes another film"),
    ("kie", f"{KIES}/post/responses/422", GONE, "422: the status is not declared"),
    ("kie", "/components/responses/NotFound/content/text~1plain", {}, "the answer is application/json, declared is"),
    ("kie", f"{SCHEMAS}/RecordInfo/properties/costTime", GONE, "costTime is not declared"),
    ("kie", f"{SCHEMAS}/RecordInfo/properties/costTime/type", "string", "costTime"),
    ("kie", f"{SCHEMAS}/RecordInfo/properties/param/contentSchema", GONE, "param holds JSON without a schema"),
    (
        "kie",
        f"{SCHEMAS}/RecordInfo/properties/param/contentMediaType",
        GONE,
        "param holds JSON, and is not declared to",
    ),
    ("kie", f"{SCHEMAS}/TaskParam/properties/model/type", "integer", "param(JSON) model"),
    ("kie", f"{SCHEMAS}/TaskState/enum/2", "failed", "state is 'fail', which is not among the values"),
    ("relay", f"{SCHEMAS}/ResponseCode/enum/1", GONE, "code is 1000, which is not among the values"),
    ("relay", f"{SCHEMAS}/TaskCallback/required", ["task_id", "code"], "callback"),
    ("kie", f"{KIES}/post/callbacks", {}, "is no declared callback"),
    ("kie", f"{KIES}/post/responses/200/links", {}, "no link says how"),
    ("kie", f"{KIES}/post/responses/200/links/recordInfo/parameters/taskId", "$response.body#/taskId", "does not lead"),
]


def changed(api: str, pointer: str, value: Any) -> dict[str, Any]:
    """The spec with a value at a pointer, or without what is there."""
    it = copy.deepcopy(spec(api))
    *way, last = (part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:])
    node: Any = it
    for part in way:
        node = node[int(part) if isinstance(node, list) else part]
    if isinstance(node, list):
        node[int(last) : int(last) + 1] = [] if value is GONE else [value]
    elif value is GONE:
        del node[last]
    else:
        node[last] = value
    return it


@pytest.mark.parametrize(("api", "pointer", "value", "words"), CHANGES)
def test_a_changed_fact_is_noticed(api: str, pointer: str, value: Any, words: str) -> None:
    assert [problem for problem in problems(api, changed(api, pointer, value)) if words in problem] != []
