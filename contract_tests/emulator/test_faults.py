"""Faults: which ones there are, what they strike, how often, and with what chance."""

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import httpx
import pytest

from contract_tests.emulator.kit import Api, Kie, Native, Relay, every_api
from contract_tests.emulator.storms import stormy, tasks
from klingkit.emulator import AfterSeconds, Emulator, Fault, VirtualClock
from klingkit.emulator.faults._error_codes import CODES
from klingkit.emulator.faults._fault import CALLBACK_KINDS, KINDS, REQUEST_KINDS
from klingkit.emulator.faults._rules import Faults

Kind = type[Api]

LOST = "Server disconnected without sending a response."


# Refusals


SAID: list[tuple[Kind, int | str, int]] = [
    (kind, code, meaning.status)
    for kind in (Kie, Native, Relay)
    for code, meaning in CODES[kind.name].items()  # type: ignore[index]  # a name from the table
]


@pytest.mark.parametrize(("kind", "code", "status"), SAID)
def test_every_known_code_comes_with_its_status_and_in_the_apis_words(kind: Kind, code: int | str, status: int) -> None:
    api = stormy(kind, Fault("refuse", operation="create", api=kind.name, code=code, message="no cats"))  # type: ignore[arg-type]  # a name from the table
    answer = api.create(api.body())
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert "no cats" in answer.json().values()
    assert tasks(api) == 0
    api = stormy(kind, Fault("refuse", operation="query", code=code))
    answer = api.query(api.make())
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["msg" if kind is Kie else "message"]


def test_the_codes_are_those_of_the_documents_and_the_field() -> None:
    official = {*range(1000, 1005), *range(1100, 1104), *range(1200, 1204), *range(1300, 1305), 5000, 5001, 5002}
    assert CODES["kie"].keys() == {400, 401, 402, 404, 422, 429, 433, 455, 500, 501, 505}
    assert CODES["native"].keys() == {400, 401, 403, 404, 429, 500} | official
    assert {code for code in CODES["relay"] if isinstance(code, int)} == official


@every_api
def test_a_refusal_can_come_with_http_200(kind: Kind) -> None:
    api = stormy(kind, Fault("refuse", code=500 if kind is not Relay else 1303, status=200))
    answer = api.create(api.body())
    assert (answer.status_code, answer.json()["code"]) == (200, 1303 if kind is Relay else 500)


@every_api
def test_an_unknown_code_comes_with_the_status_it_is_given(kind: Kind) -> None:
    answer = stormy(kind, Fault("refuse", code="E-7", status=418)).create(kind.body())
    assert (answer.status_code, answer.json()["code"]) == (418, "E-7")


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [(Kie, 422, 422), (Kie, 503, 503), (Native, 429, 429), (Native, 503, 5001), (Relay, 429, 1302), (Relay, 502, 502)],
)
def test_a_status_alone_comes_with_a_code_of_the_api(kind: Kind, status: int, code: int) -> None:
    answer = stormy(kind, Fault("refuse", status=status)).create(kind.body())
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_code_strikes_only_apis_that_have_it() -> None:
    emulator = Emulator(clock=VirtualClock(), faults=[Fault("refuse", code=1303)])
    assert Kie(emulator).make()
    assert Native(emulator).create(Native.body()).status_code == 429
    assert Relay(emulator).create(Relay.body()).status_code == 429


@every_api
@pytest.mark.parametrize("kept", [False, True])
def test_a_task_may_be_made_before_its_sender_is_refused(kind: Kind, kept: bool) -> None:
    api = stormy(kind, Fault("refuse", status=500, after=kept))
    assert api.create(api.body()).status_code == 500
    assert tasks(api) == kept


# Which requests


@every_api
def test_a_rule_strikes_its_own_api_alone(kind: Kind) -> None:
    emulator = Emulator(clock=VirtualClock(), faults=[Fault("html", api=kind.name)])  # type: ignore[arg-type]  # a name from the table
    struck = [it.name for it in (Kie, Native, Relay) if it(emulator).create(it.body()).status_code == 502]
    assert struck == [kind.name]


@every_api
@pytest.mark.parametrize("operation", ["create", "query", "media"])
def test_a_rule_strikes_its_own_operation_alone(kind: Kind, operation: str) -> None:
    api = kind.on()
    task_id = api.make()
    url = api.url(api.record(task_id)).removeprefix("http://emulator")
    api.emulator.faults.add(Fault("html", operation=operation))  # type: ignore[arg-type]  # a wrong one, on purpose
    answers = {"create": api.create(api.body()), "query": api.query(task_id), "media": api.ask("GET", url)}
    assert [name for name, answer in answers.items() if answer.status_code == 502] == [operation]


@every_api
def test_a_rule_strikes_the_prompts_that_it_finds(kind: Kind) -> None:
    api = stormy(kind, Fault("html", prompt="(?i)RAIN$"))
    assert api.create(api.body(prompt="rain again")).status_code == 200
    assert api.create(api.body(prompt="in the rain")).status_code == 502
    assert api.send(b"[]").status_code == api.send(b"\xff").status_code == 400
    api.emulator.faults.clear()
    dry, wet = api.make(prompt="sun"), api.make(prompt="a cat in the rain")
    api.emulator.faults.add(Fault("html", prompt="rain"))
    assert [api.query(task_id).status_code for task_id in (dry, wet, "nobody")][:2] == [200, 502]


@pytest.mark.parametrize("kind", [Native, Relay], ids=["native", "relay"])
def test_a_task_that_is_asked_for_by_name_has_a_prompt_too(kind: Kind) -> None:
    api = kind.on()
    api.make(prompt="rain", external_task_id="ours")
    api.make(prompt="sun", external_task_id="theirs")
    api.emulator.faults.add(Fault("html", prompt="rain"))
    assert [api.query(name).status_code for name in ("ours", "theirs", "nobodys")] == [502, 200, 404]


@every_api
def test_paths_of_nothing_and_films_of_nobody_meet_no_fault(kind: Kind) -> None:
    api = stormy(kind, Fault("html"))
    for path in ("/x", "/media/x.mp4", f"{api.create_path}/x/y"):
        assert api.ask("GET", path).status_code == 404


def test_rules_are_tried_in_their_order_each_as_often_as_it_may() -> None:
    faults = Faults(faults=[Fault("html", status=500, times=2), Fault("html", status=503, times=1)])
    assert len(faults) == 2
    struck = [faults.strike("kie", "create", None, REQUEST_KINDS) for _ in range(4)]
    assert [rule and rule.fault.status for rule in struck] == [500, 500, 503, None]
    assert [rule.struck for rule in faults.rules] == [2, 1]
    faults.restart()
    assert [rule.struck for rule in faults.rules] == [0, 0]


def test_chance_is_drawn_from_the_seed() -> None:
    def drawn(seed: int) -> list[bool]:
        faults = Faults(seed, [Fault("html", probability=0.5)])
        first = [bool(faults.strike("kie", "query", None, REQUEST_KINDS)) for _ in range(200)]
        faults.restart()
        assert first == [bool(faults.strike("kie", "query", None, REQUEST_KINDS)) for _ in range(200)]
        return first

    assert drawn(1) == drawn(1) != drawn(2)
    assert 60 < sum(drawn(1)) < 140
    assert not any(
        Faults(faults=[Fault("drop", probability=0)]).strike("kie", "query", None, REQUEST_KINDS) for _ in "ab"
    )


def test_rules_come_and_go() -> None:
    api = Native.on()
    faults = api.emulator.faults
    first, second = faults.add(Fault("html")), faults.add(Fault("html", status=503))
    assert first != second
    assert api.create(api.body()).status_code == 502
    assert (faults.struck(first), faults.struck(second)) == (1, 0)
    faults.remove(first)
    assert api.create(api.body()).status_code == 503
    assert [*faults] == [Fault("html", status=503)]
    for attempt in (faults.remove, faults.struck):
        with pytest.raises(LookupError, match=str(first)):
            attempt(first)
    faults.clear()
    assert [*faults] == []
    assert api.make()


def test_many_threads_share_the_strikes_of_a_rule() -> None:
    faults = Faults(faults=[Fault("drop", times=100)])
    with ThreadPoolExecutor(8) as pool:
        struck = list(pool.map(lambda _: faults.strike("kie", "create", None, REQUEST_KINDS), range(400)))
    assert sum(fault is not None for fault in struck) == 100


@every_api
@pytest.mark.parametrize("fault", [Fault("drop", after=True, times=1), Fault("html", after=True, times=1)])
def test_what_strikes_after_a_task_was_made_strikes_nothing_else(kind: Kind, fault: Fault) -> None:
    api = stormy(kind, fault)
    assert api.query("none").status_code < 500
    assert api.create({}).status_code < 500
    assert (tasks(api), api.emulator.faults.rules[0].struck) == (0, 0)
    with suppress(httpx.RemoteProtocolError):
        assert api.create(api.body()).status_code == 502
    assert (tasks(api), api.emulator.faults.rules[0].struck) == (1, 1)
    assert api.query(api.emulator.tasks[0].id).status_code == 200


def test_what_else_strikes_does_not_change_the_draws() -> None:
    even = Fault("html", probability=0.5)

    def struck(*more: Fault) -> list[bool]:
        faults = Faults(7, [even, *more])
        found = []
        for _ in range(50):
            found.append(bool(faults.strike("kie", "query", None, REQUEST_KINDS)))
            faults.strike("kie", "callback", None, CALLBACK_KINDS)
        return found

    assert struck() == struck(Fault("callback-lost", probability=0.5))


def test_there_are_not_more_faults_than_anybody_needs() -> None:
    faults = Faults(faults=[Fault("drop")] * 1_000)
    with pytest.raises(ValueError, match="faults: there are 1000 already"):
        faults.add(Fault("drop"))


# As a value


def test_a_fault_is_written_as_it_is_read() -> None:
    for given in (
        {"kind": "drop"},
        {"kind": "refuse", "api": "native", "operation": "create", "code": 1303, "times": 3, "after": True},
        {"kind": "refuse", "code": "E", "status": 200, "message": "no", "probability": 0.25, "prompt": "cat"},
        {"kind": "slow", "seconds": 1.5},
        {"kind": "callback-late", "seconds": 60},
    ):
        assert Fault.from_json(given).to_json() == json.loads(json.dumps(given))
    assert Fault.from_json({"kind": "drop", "api": None, "times": None}) == Fault("drop")


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_strikes_somewhere(kind: str) -> None:
    fault = Fault.from_json({"kind": kind, **({"code": 500} if kind == "refuse" else {})})
    assert fault.operations <= {"create", "query", "media", "callback"}
    assert (kind in CALLBACK_KINDS) is (fault.operations == {"callback"}) is (kind not in REQUEST_KINDS)


WRONG: list[tuple[dict[str, Any], str]] = [
    ({}, "kind is missing; it is one of refuse"),
    ({"kind": None}, "kind is missing"),
    ({"kind": "explode"}, "kind must be one of refuse, drop, .*, is 'explode'"),
    ({"kind": 5}, "kind must be one of .*, is 5"),
    ({"kind": ["drop"]}, "kind must be one of"),
    ({"kind": "drop", "speed": 1}, "'speed' is unknown; known: kind, api, operation"),
    ({"kind": "drop", "api": "veo"}, "api must be one of kie, native, relay .*, is 'veo'"),
    ({"kind": "drop", "operation": "delete"}, "operation must be one of create, query, media, callback"),
    ({"kind": "drop", "operation": "callback"}, "operation must be create or media or query for the kind drop"),
    ({"kind": "slow", "operation": "create"}, "operation must be media for the kind slow"),
    ({"kind": "drop", "prompt": "("}, r"prompt must be a regular expression, is '\('"),
    ({"kind": "drop", "prompt": 1}, "prompt must be a string"),
    ({"kind": "drop", "times": 0}, "times must be a whole number from 1 to 1000000000, is 0"),
    ({"kind": "drop", "times": 1.5}, "times must be a whole number"),
    ({"kind": "drop", "times": True}, "times must be a whole number"),
    ({"kind": "drop", "probability": 1.1}, "probability must be 1 at most, is 1.1"),
    ({"kind": "drop", "probability": -0.1}, "probability must be 0 at least, is -0.1"),
    ({"kind": "drop", "probability": "0.5"}, "probability must be a number"),
    ({"kind": "refuse"}, "code is missing"),
    ({"kind": "refuse", "code": 999}, "code must be one that an API is known to use, or come with a status, is 999"),
    ({"kind": "refuse", "code": 1303, "api": "kie"}, "code must be one that kie is known to use, .* is 1303"),
    ({"kind": "refuse", "code": True}, "code must be a whole number or a string, is True"),
    ({"kind": "refuse", "code": 1.5}, "code must be a whole number or a string"),
    ({"kind": "refuse", "status": 199}, "status must be a whole number from 200 to 599, is 199"),
    ({"kind": "html", "status": 600}, "status must be a whole number from 200 to 599, is 600"),
    ({"kind": "html", "status": 204}, "status must be one whose answer has a body, is 204"),
    ({"kind": "refuse", "code": 500, "message": "\ud800"}, "message must be a string of Unicode"),
    ({"kind": "drop", "status": 500}, "status goes with the kinds html, refuse, not with drop"),
    (
        {"kind": "drop", "seconds": 1},
        "seconds goes with the kinds callback-late, callback-stale, slow, stall, not with",
    ),
    (
        {"kind": "drop", "seconds": 0},
        "seconds goes with the kinds callback-late, callback-stale, slow, stall, not with",
    ),
    ({"kind": "drop", "code": 0}, "code goes with the kinds refuse, not with drop"),
    ({"kind": "refuse", "status": 200}, "code is missing: the status 200 alone refuses nothing"),
    ({"kind": "callback-reordered", "api": "kie"}, "api must not be kie for the kind callback-reordered"),
    ({"kind": "stall", "seconds": -1}, "seconds must be 0 at least, is -1"),
    ({"kind": "stall", "seconds": 86_401}, "seconds must be 86400 at most, is 86401"),
    ({"kind": "stall", "after": 1}, "after must be true or false, is 1"),
    ({"kind": "expire", "after": True}, "after goes with the kinds drop, html, .*, not with expire"),
    ({"kind": "drop", "operation": "query", "after": True}, "after goes with the operation create, not with query"),
]


@pytest.mark.parametrize(("given", "words"), WRONG)
def test_what_can_not_go_wrong_is_told(given: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Fault.from_json(given)


def test_a_fault_is_a_value() -> None:
    assert Fault("drop") == Fault("drop") != Fault("stall")
    assert {Fault("drop"), Fault("drop")} == {Fault("drop")}
    with pytest.raises(AttributeError):
        Fault("drop").kind = "stall"  # type: ignore[misc]  # it is frozen


def test_a_fault_strikes_the_films_of_its_api_alone() -> None:
    emulator = Emulator(clock=VirtualClock(), finish=AfterSeconds(0), faults=[Fault("expire", api="relay")])
    assert [api(emulator).film(api(emulator).make()).status_code for api in (Kie, Native, Relay)] == [200, 200, 403]
