"""Runs schemathesis against the emulator in all phases, and checks the laws of a task's life on all exchanges."""

from typing import Any

import httpx
import pytest
from attrs import frozen

from contract_tests.conformance import emulator_mistakes as mistakes
from contract_tests.conformance.broken_emulator import Breakage, BrokenApp, change_json_responses, change_responses
from klingkit.emulator import AfterQueries, Emulator, VirtualClock
from scripts.checks import lifecycle
from scripts.checks.endpoints import ENDPOINTS, Endpoints
from scripts.checks.exchanges import Exchange, Recorder
from scripts.checks.fuzz import PHASES, Run, fuzz, rule_breakers, stock_checks
from scripts.checks.recording import KEYS, NAME, Session, Subject, examples, follow_tasks, send_odd_requests
from scripts.checks.representatives import of_models, representative
from scripts.specs.files import apis, load
from scripts.specs.spec import operations
from scripts.specs.spec import walk as nodes

NOT_APPLICABLE = {
    "use_after_free": "no document has a DELETE",
    "response_headers_conformance": "no document names a header of a response",
}
"""Checks of schemathesis that have nothing to check here, and why."""
UNDETECTED = {
    ("kie", "ensure_resource_availability"): "it needs an id in the path, where kie.ai has a query",
    ("kie", "object_level_authorization"): "it needs an id in the path, where kie.ai has a query, as well",
    ("relay", "object_level_authorization"): "it compares whole responses, and each has a request_id of its own",
}
"""(API, check of schemathesis) -> why the check does not detect its mistake; the law `ownership` does."""
LEAST_REQUESTS = {"examples": 5, "coverage": 100, "fuzzing": 25, "stateful": 75}
"""The least number of requests in each phase."""

every_api = pytest.mark.parametrize("api", apis())


def emulator() -> Emulator:
    return Emulator(clock=VirtualClock(), finish=AfterQueries(1), keys=set(KEYS.values()), post=lambda url, body: 204)


@frozen
class Fuzzed:
    """A run of schemathesis, and all that went over the wire."""

    api: str
    run: Run
    exchanges: list[Exchange]


@pytest.fixture(scope="module", params=apis())
def fuzzed(request: pytest.FixtureRequest) -> Fuzzed:
    recorder = Recorder(emulator().app)
    spec = representative(load(request.param))
    return Fuzzed(request.param, fuzz(spec, recorder, KEYS, once=(NAME,)), recorder.exchanges)


def test_schemathesis_finds_nothing(fuzzed: Fuzzed) -> None:
    assert "\n\n".join(finding.what for finding in fuzzed.run.findings) == ""


def test_all_four_phases_run(fuzzed: Fuzzed) -> None:
    assert {phase: fuzzed.run.cases[phase] for phase in PHASES if fuzzed.run.cases[phase] < LEAST_REQUESTS[phase]} == {}
    assert sum(fuzzed.run.cases.values()) == len(fuzzed.exchanges)


def test_all_checks_of_schemathesis_run(fuzzed: Fuzzed) -> None:
    assert {name for name, times in fuzzed.run.checks.items() if times} == stock_checks()


def test_no_law_is_broken_by_what_schemathesis_did(fuzzed: Fuzzed) -> None:
    session = Session(frozenset(KEYS.values()), fuzzed.exchanges)
    compared: dict[str, int] = {}
    assert [*lifecycle.problems(ENDPOINTS[fuzzed.api], session, compared)] == []
    assert compared.keys() >= {"errors", "successes", "rejections", "new_ids", "ownership", "states", "strangers"}


@every_api
def test_checks_listed_as_not_applicable_do_not_apply(api: str) -> None:
    assert {operation.method for operation in operations(load(api))} == {"get", "post"}
    assert [where for where, node in nodes(load(api)) if "responses" not in where and "headers" in node] == []
    assert NOT_APPLICABLE.keys() < stock_checks()


def test_the_same_seed_sends_the_same_requests() -> None:
    def sent() -> list[str]:
        recorder = Recorder(emulator().app)
        fuzz(load("relay"), recorder, KEYS, phases=("fuzzing", "stateful"), examples=4, once=(NAME,))
        return [f"{exchange.headers.get('authorization')} {exchange}" for exchange in recorder.exchanges]

    assert sent() == sent() != []


@pytest.mark.parametrize(
    ("shot_seconds", "prompt", "broken"), [("5", "a", False), ("4", "a", True), ("4", None, False)]
)
def test_only_bodies_valid_under_plain_json_schema_count_as_rule_breakers(
    shot_seconds: str, prompt: str | None, broken: bool
) -> None:
    """The rule: the durations of the shots add up to the duration of the video."""
    (example,) = (request for request in examples(load("kie")) if request["input"].get("multi_shots"))
    fields = {**example["input"], "duration": "5", "multi_prompt": [{"prompt": prompt, "duration": int(shot_seconds)}]}
    assert rule_breakers(load("kie"))({**example, "input": fields}) is broken


def allow_delete(_: Endpoints, request: httpx.Request, correct: httpx.Response) -> httpx.Response | None:
    """State in `Allow` a method that is not allowed."""
    headers = {**correct.headers, "allow": "GET, POST, DELETE"}
    return httpx.Response(405, headers=headers, content=correct.content) if correct.status_code == 405 else None


def first_9_characters(text: Any) -> Any:
    return text[:9] if isinstance(text, str) else text


SPECS_WITH_FEW_MODELS = {api: load(api) for api in apis()}
SPECS_WITH_FEW_MODELS["kie"] = of_models(SPECS_WITH_FEW_MODELS["kie"], ["kling-2.6/text-to-video"])
"""The specs; kie.ai's has one model, because the mistakes are the same with all models."""
MISTAKE_BY_CHECK: dict[str, tuple[str, Breakage, str]] = {
    "not_a_server_error": ("kie", mistakes.change_response(400, 422, status=500), "coverage"),
    "status_code_conformance": ("native", mistakes.change_response(400, 422, status=418), "coverage"),
    "content_type_conformance": ("relay", mistakes.change_response(200, media_type="text/html"), "examples"),
    "response_schema_conformance": (
        "kie",
        change_json_responses(lambda endpoints, correct, given: {**given, "code": "x"}),
        "examples",
    ),
    "negative_data_rejection": ("native", mistakes.change_field("prompt", first_9_characters), "coverage"),
    "positive_data_acceptance": ("relay", mistakes.change_field("prompt", lambda text: 5), "examples"),
    "missing_required_header": ("kie", mistakes.accept_credentials(""), "coverage"),
    "unsupported_method": ("native", mistakes.change_response(405, status=200), "coverage"),
    "allow_header_conformance": ("relay", change_responses(allow_delete), "coverage"),
    "ensure_resource_availability": ("native", mistakes.lose_task(*range(99)), "stateful"),
    "ignored_auth": ("relay", mistakes.accept_credentials(""), "examples"),
    "object_level_authorization": ("native", mistakes.accept_credentials("Bearer boris-key"), "stateful"),
}
"""Check of schemathesis -> the API, a mistake that the check must report, and the phase that finds it."""


def test_each_applicable_check_of_schemathesis_has_a_mistake_to_report() -> None:
    assert MISTAKE_BY_CHECK.keys() | NOT_APPLICABLE.keys() == stock_checks()


@pytest.mark.parametrize("check", MISTAKE_BY_CHECK)
def test_schemathesis_reports_a_mistake_of_each_kind(check: str) -> None:
    api, mistake, phase = MISTAKE_BY_CHECK[check]
    broken = BrokenApp(emulator().app, mistake, ENDPOINTS[api])
    run = fuzz(SPECS_WITH_FEW_MODELS[api], broken, KEYS, phases=(phase,), examples=5, once=(NAME,))
    assert check in {finding.check for finding in run.findings}


@pytest.mark.parametrize(("api", "check"), UNDETECTED)
def test_a_law_reports_what_schemathesis_does_not(api: str, check: str) -> None:
    mistake = MISTAKE_BY_CHECK[check][1]
    broken = BrokenApp(emulator().app, mistake, ENDPOINTS[api])
    run = fuzz(SPECS_WITH_FEW_MODELS[api], broken, KEYS, phases=("stateful",), examples=5, once=(NAME,))
    assert check not in {finding.check for finding in run.findings}, (
        "schemathesis reports this now: remove it from `UNDETECTED`"
    )
    subject = Subject(
        ENDPOINTS[api], SPECS_WITH_FEW_MODELS[api], wrap=lambda app: BrokenApp(app, mistake, ENDPOINTS[api])
    )
    problems = [
        problem
        for session in (follow_tasks(subject), send_odd_requests(subject))
        for problem in lifecycle.problems(subject.endpoints, session)
    ]
    assert "ownership" in {problem.partition(":")[0] for problem in problems}
