"""Schemathesis against the emulator, in all its phases; and the laws of a task's life on all that it sent."""

from typing import Any

import httpx
import pytest
from attrs import frozen

from contract_tests.conformance import emulator_mistakes as mistakes
from contract_tests.conformance.broken_emulator import Break, BrokenApp, json_responses, responses
from klingkit.emulator import AfterQueries, Emulator, VirtualClock
from scripts.checks import lifecycle
from scripts.checks.endpoints import ENDPOINTS, Endpoints
from scripts.checks.exchanges import Exchange, Recorder
from scripts.checks.fuzz import PHASES, Run, fuzz, rule_breakers, stock_checks
from scripts.checks.recording import KEYS, NAME, Session, Subject, examples, follow_tasks, send_odd_requests
from scripts.checks.representatives import of_models
from scripts.specs.files import apis, load
from scripts.specs.spec import operations
from scripts.specs.spec import walk as nodes

NOT_APPLICABLE = {
    "use_after_free": "no document has a DELETE",
    "response_headers_conformance": "no document names a header of a response",
}
"""Checks of schemathesis that have nothing to check here, and why."""
BLIND = {
    ("kie", "ensure_resource_availability"): "it needs an id in the path, where kie.ai has a query",
    ("kie", "object_level_authorization"): "likewise",
    ("relay", "object_level_authorization"): "it compares whole responses, and each has a request_id of its own",
}
"""Checks of schemathesis that look and see nothing; the law `ownership` sees it."""
LEAST = {"examples": 5, "coverage": 100, "fuzzing": 25, "stateful": 75}
"""Requests in each phase."""

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
    return Fuzzed(request.param, fuzz(load(request.param), recorder, KEYS, once=(NAME,)), recorder.exchanges)


def test_schemathesis_finds_nothing(fuzzed: Fuzzed) -> None:
    assert "\n\n".join(it.what for it in fuzzed.run.findings) == ""


def test_all_four_phases_run(fuzzed: Fuzzed) -> None:
    assert {phase: fuzzed.run.cases[phase] for phase in PHASES if fuzzed.run.cases[phase] < LEAST[phase]} == {}
    assert sum(fuzzed.run.cases.values()) == len(fuzzed.exchanges)


def test_all_checks_of_schemathesis_run(fuzzed: Fuzzed) -> None:
    assert {name for name, times in fuzzed.run.checks.items() if times} == stock_checks()


def test_no_law_is_broken_by_what_schemathesis_did(fuzzed: Fuzzed) -> None:
    session = Session(frozenset(KEYS.values()), fuzzed.exchanges)
    compared: dict[str, int] = {}
    assert [*lifecycle.problems(ENDPOINTS[fuzzed.api], session, compared)] == []
    assert compared.keys() >= {"errors", "successes", "rejections", "new_ids", "ownership", "states", "strangers"}


@every_api
def test_what_does_not_apply_does_not(api: str) -> None:
    assert {it.method for it in operations(load(api))} == {"get", "post"}
    assert [where for where, node in nodes(load(api)) if "responses" not in where and "headers" in node] == []
    assert NOT_APPLICABLE.keys() < stock_checks()


def test_the_same_seed_sends_the_same() -> None:
    def sent() -> list[str]:
        recorder = Recorder(emulator().app)
        fuzz(load("relay"), recorder, KEYS, phases=("fuzzing", "stateful"), examples=4, once=(NAME,))
        return [f"{it.headers.get('authorization')} {it}" for it in recorder.exchanges]

    assert sent() == sent() != []


@pytest.mark.parametrize(("lengths", "prompt", "broken"), [("5", "a", False), ("4", "a", True), ("4", None, False)])
def test_only_a_body_that_plain_json_schema_takes_breaks_the_rules(
    lengths: str, prompt: str | None, broken: bool
) -> None:
    """The shots are to last as long as the video."""
    (example,) = (it for it in examples(load("kie")) if it["input"].get("multi_shots"))
    given = {**example["input"], "duration": "5", "multi_prompt": [{"prompt": prompt, "duration": int(lengths)}]}
    assert rule_breakers(load("kie"))({**example, "input": given}) is broken


def misled(_: Endpoints, request: httpx.Request, right: httpx.Response) -> httpx.Response | None:
    """Allow what is not allowed."""
    headers = {**right.headers, "allow": "GET, POST, DELETE"}
    return httpx.Response(405, headers=headers, content=right.content) if right.status_code == 405 else None


def clipped(text: Any) -> Any:
    return text[:9] if isinstance(text, str) else text


SMALL = {api: load(api) for api in apis()}
SMALL["kie"] = of_models(SMALL["kie"], ["kling-2.6/text-to-video"])
"""The specs, that of kie.ai with one model: the mistakes are made with all models alike."""
STOCK: dict[str, tuple[str, Break, str]] = {
    "not_a_server_error": ("kie", mistakes.change_response(400, 422, status=500), "coverage"),
    "status_code_conformance": ("native", mistakes.change_response(400, 422, status=418), "coverage"),
    "content_type_conformance": ("relay", mistakes.change_response(200, media="text/html"), "examples"),
    "response_schema_conformance": (
        "kie",
        json_responses(lambda endpoints, right, given: {**given, "code": "x"}),
        "examples",
    ),
    "negative_data_rejection": ("native", mistakes.change_field("prompt", clipped), "coverage"),
    "positive_data_acceptance": ("relay", mistakes.change_field("prompt", lambda text: 5), "examples"),
    "missing_required_header": ("kie", mistakes.accept_credentials(""), "coverage"),
    "unsupported_method": ("native", mistakes.change_response(405, status=200), "coverage"),
    "allow_header_conformance": ("relay", responses(misled), "coverage"),
    "ensure_resource_availability": ("native", mistakes.lose_task(*range(99)), "stateful"),
    "ignored_auth": ("relay", mistakes.accept_credentials(""), "examples"),
    "object_level_authorization": ("native", mistakes.accept_credentials("Bearer boris-key"), "stateful"),
}
"""Check of schemathesis -> a mistake that it must notice, and in which phase it does."""


def test_each_check_of_schemathesis_that_applies_has_a_mistake_to_notice() -> None:
    assert STOCK.keys() | NOT_APPLICABLE.keys() == stock_checks()


@pytest.mark.parametrize("check", STOCK)
def test_schemathesis_notices_a_mistake_of_each_kind(check: str) -> None:
    api, mistake, phase = STOCK[check]
    broken = BrokenApp(emulator().app, mistake, ENDPOINTS[api])
    run = fuzz(SMALL[api], broken, KEYS, phases=(phase,), examples=5, once=(NAME,))
    assert check in {finding.check for finding in run.findings}


@pytest.mark.parametrize(("api", "check"), BLIND)
def test_where_schemathesis_is_blind_a_law_is_not(api: str, check: str) -> None:
    mistake = STOCK[check][1]
    broken = BrokenApp(emulator().app, mistake, ENDPOINTS[api])
    run = fuzz(SMALL[api], broken, KEYS, phases=("stateful",), examples=5, once=(NAME,))
    assert check not in {finding.check for finding in run.findings}, "it notices this now: remove it from the list"
    subject = Subject(ENDPOINTS[api], SMALL[api], wrap=lambda app: BrokenApp(app, mistake, ENDPOINTS[api]))
    found = [
        it
        for session in (follow_tasks(subject), send_odd_requests(subject))
        for it in lifecycle.problems(subject.endpoints, session)
    ]
    assert "ownership" in {it.partition(":")[0] for it in found}
