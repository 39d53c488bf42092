"""Metamorphic tests: a response changed in a known way is read the same, or with a known difference."""

import json
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract_tests.conformance.mocked_client import MockedClient, open_mocked_client, read_callback
from contract_tests.conformance.response_oracle import STATUS_BY_STATE, reference, status_of
from contract_tests.conformance.response_strategies import API_CASES, Response, repeatable
from contract_tests.support.apis import KIE, ApiCase
from contract_tests.support.script import Script
from klingkit import CallbackRejected, Fixed, KlingkitError, Task, TaskRef, UnreadableSubmission, WaitTimeout
from klingkit._tasks import wait
from scripts.checks.endpoints import ENDPOINTS

URL = "https://media.example/a.mp4"
OFFICIAL = [API_CASES["native"], API_CASES["relay"]]
TIMES = st.integers(1_000_000_000_000, 4_000_000_000_000)
TEXTS = st.sampled_from(["", "a", "没有", "no such video"]) | st.text(max_size=10)
IDS = st.one_of(
    st.integers(0, 10**30).map(str),
    st.integers(2**53, 2**80).map(lambda number: f"000{number}"),
    st.from_regex(r"[!-~]{1,40}", fullmatch=True).filter(lambda text: text not in {".", ".."}),
    st.sampled_from(["9007199254740993", "0", "1e5", "0x1F", "null", "True", "订单-7", "x" * 512]),
)
# Known states, also in another case or slightly altered.
KNOWN_STATES = st.sampled_from(sorted(STATUS_BY_STATE)).flatmap(
    lambda state: st.sampled_from([state, state.upper(), state.title(), f"{state}!", f" {state}", f"{state}\n"])
)
UNKNOWN_STATES = st.text(min_size=1, max_size=8).filter(lambda state: state.lower() not in STATUS_BY_STATE)
FIELDS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "kie": {
        "model": TEXTS,
        "param": TEXTS,
        "resultJson": st.sampled_from(["", "{}", json.dumps({"resultUrls": [URL]}), '{"resultUrls":[]}', "{"]),
        "failCode": TEXTS | st.integers(400, 599),
        "failMsg": TEXTS,
        **dict.fromkeys(["createTime", "completeTime", "updateTime", "costTime"], TIMES),
        **dict.fromkeys(["progress", "creditsConsumed"], st.integers(0, 100) | st.floats(0, 100)),
    },
    "official": {
        "task_status_msg": TEXTS,
        "task_info": st.fixed_dictionaries({}, optional={"external_task_id": TEXTS}),
        "task_result": st.fixed_dictionaries(
            {},
            optional={
                "videos": st.lists(
                    st.fixed_dictionaries(
                        {},
                        optional={
                            "id": TEXTS,
                            "url": st.sampled_from([URL, ""]),
                            "duration": st.sampled_from([5, 5.1, "5.1", "10"]),
                            "watermark_url": st.just(URL),
                        },
                    ),
                    max_size=2,
                )
            },
        ),
        **dict.fromkeys(["created_at", "updated_at"], TIMES),
        "final_unit_deduction": TEXTS,
    },
}


def test_every_field_of_a_record_is_drawn(api_case: ApiCase):
    endpoints = ENDPOINTS[api_case.name]
    drawn = FIELDS["kie" if api_case.name == "kie" else "official"].keys()
    assert endpoints.queried_fields - {endpoints.task_id, endpoints.state} <= drawn


def records(api_case: ApiCase) -> st.SearchStrategy[dict[str, Any]]:
    """Draw the record of a task; each of its fields may be left out."""
    task_id, state_field = ("taskId", "state") if api_case.name == "kie" else ("task_id", "task_status")
    known = FIELDS["kie" if api_case.name == "kie" else "official"]
    return st.fixed_dictionaries({task_id: IDS, state_field: KNOWN_STATES | UNKNOWN_STATES}, optional=known)


def enveloped(api_case: ApiCase, record: object, code: int | None = None) -> dict[str, Any]:
    success_code = 200 if api_case.name == "kie" else 0
    return {"code": success_code if code is None else code, "message": "", "data": record}


def query_outcome(client: MockedClient, body: Any, ref: TaskRef | None = None) -> object:
    """Query; return the task, or the name of the error."""
    record = body["data"] if isinstance(body.get("data"), dict) else body
    named_ref = reference(client.api_case.name, record.get("taskId") or record.get("task_id"))
    outcome = client.query(ref or named_ref or client.api_case.ref, Response(200, body))
    return type(outcome).__name__ if isinstance(outcome, KlingkitError) else outcome


def check_law(api_case: ApiCase, check: Any, *strategies: st.SearchStrategy[Any], examples: int = 25) -> None:
    """Check a law on drawn responses, with one client for all of them."""
    with open_mocked_client(api_case) as client:

        @repeatable(examples)
        @given(st.tuples(*strategies))
        def check_drawn(drawn: tuple[Any, ...]) -> None:
            check(client, *drawn)

        check_drawn()


def test_a_callback_of_kie_reads_like_its_query():
    def check(client: MockedClient, record: dict[str, Any], code: int) -> None:
        body = enveloped(KIE, record, code)
        received = read_callback(KIE, Response(200, body))
        rejected = isinstance(received, CallbackRejected)
        assert query_outcome(client, body) == ("MalformedResponse" if rejected else received)
        assert rejected or getattr(received, "raw", None) == body

    check_law(KIE, check, records(KIE), st.sampled_from([200, 501]), examples=60)


def test_no_video_before_success(api_case: ApiCase):
    finished_fields = {
        "taskId": "a",
        "resultJson": json.dumps({"resultUrls": [URL]}),
        "progress": 100,
        "completeTime": 1,
    }
    if api_case.name != "kie":
        finished_fields = {
            "task_id": "a",
            "task_result": {"videos": [{"id": "v", "url": URL}]},
            "url": URL,
            "progress": "100%",
        }
    names = ["state"] if api_case.name == "kie" else ["task_status", "status"]

    def check(client: MockedClient, state: str, name: str) -> None:
        for task in (
            query_outcome(client, enveloped(api_case, {**finished_fields, name: state})),
            read_as_callback(api_case, finished_fields, name, state),
        ):
            assert isinstance(task, Task)
            assert task.status == status_of(api_case.name, state)
            assert (task.videos != ()) is (task.status == "succeeded")
            assert task.vendor_status == state

    check_law(api_case, check, KNOWN_STATES | UNKNOWN_STATES, st.sampled_from(names), examples=50)


def read_as_callback(api_case: ApiCase, finished_fields: dict[str, Any], name: str, state: str) -> object:
    """Return what the client reads if this record, with this state, arrives as a callback."""
    record = {**finished_fields, name: state}
    return read_callback(api_case, Response(200, enveloped(api_case, record) if api_case.name == "kie" else record))


def test_ids_stay_strings(api_case: ApiCase):
    name = "taskId" if api_case.name == "kie" else "task_id"

    def check(client: MockedClient, task_id: str) -> None:
        ref = client.submit(Response(200, enveloped(api_case, {name: task_id})))
        assert ref == reference(api_case.name, task_id)
        body = enveloped(api_case, {name: task_id, "state": "waiting", "task_status": "submitted"})
        task = read_callback(api_case, Response(200, body))
        assert isinstance(task, Task)
        assert task.ref == ref

    check_law(api_case, check, IDS)


def test_a_numeric_id_keeps_all_its_digits_or_is_refused(api_case: ApiCase):
    name = "taskId" if api_case.name == "kie" else "task_id"

    def check(client: MockedClient, number: float) -> None:
        outcome = client.submit(Response(200, enveloped(api_case, {name: number})))
        if isinstance(number, int) and not isinstance(number, bool):
            assert outcome == reference(api_case.name, str(number))
        else:
            assert isinstance(outcome, UnreadableSubmission)

    check_law(api_case, check, st.integers(0, 10**40) | st.floats(1, 1e20) | st.booleans())


def test_an_unknown_state_keeps_waiting(api_case: ApiCase):
    """The wait goes on until the task or the wait ends; its error has the last state reported."""

    @repeatable(25)
    @given(st.lists(UNKNOWN_STATES, min_size=1, max_size=6))
    def check(states: list[str]) -> None:
        responses = [api_case.record(state, urls=(URL,)) for state in states]
        task = wait_for(api_case, [*responses, api_case.finished(URL)])
        assert [video.url for video in task.videos] == [URL]
        with pytest.raises(WaitTimeout) as caught:
            wait_for(api_case, [*responses, *[responses[-1]] * 5])
        assert caught.value.task is not None
        assert (caught.value.task.vendor_status, caught.value.task.videos) == (states[-1], ())

    check()


def wait_for(api_case: ApiCase, responses: list[httpx.Response]) -> Task:
    script = Script(*responses)
    return script.run(wait(api_case.api, api_case.ref, timeout=5.0 * len(responses) - 4.5, polling=Fixed(5.0)))


def test_null_and_absent_fields_are_read_the_same(api_case: ApiCase):
    def check(client: MockedClient, record: dict[str, Any], data: st.DataObject) -> None:
        gone = data.draw(st.sets(st.sampled_from([*paths(record)])))
        outcomes = [
            query_outcome(client, enveloped(api_case, with_fields_gone(record, gone, replacement)), api_case.ref)
            for replacement in (None, ...)
        ]
        assert outcomes[0] == outcomes[1]

    check_law(
        api_case, check, records(api_case).map(lambda record: {**record, **id_field(api_case)}), st.data(), examples=50
    )


def id_field(api_case: ApiCase) -> dict[str, str]:
    return {"taskId" if api_case.name == "kie" else "task_id": api_case.ref.id}


def paths(value: object, path: tuple[Any, ...] = ()):
    """Yield the paths of the fields of an object, those of inner objects included."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        if isinstance(value, dict):
            yield (*path, key)
        yield from paths(inner, (*path, key))


def with_fields_gone(value: Any, gone: set[tuple[Any, ...]], replacement: Any, path: tuple[Any, ...] = ()) -> Any:
    """Return the value with some fields replaced by null, or left out (`...`)."""
    if isinstance(value, list):
        return [with_fields_gone(item, gone, replacement, (*path, index)) for index, item in enumerate(value)]
    if not isinstance(value, dict):
        return value
    kept = {
        key: replacement if (*path, key) in gone else with_fields_gone(inner, gone, replacement, (*path, key))
        for key, inner in value.items()
    }
    return {key: inner for key, inner in kept.items() if inner is not ...}


def test_the_order_of_fields_the_formatting_and_unknown_fields_do_not_matter(api_case: ApiCase):
    def check(client: MockedClient, record: dict[str, Any], unknown_value: Any) -> None:
        body = enveloped(api_case, record)
        with_unknown_fields = json.loads(
            json.dumps(body), object_pairs_hook=lambda pairs: {**dict(pairs), "newer": unknown_value}
        )
        forms = [
            json.dumps(with_reversed_fields(body)).encode(),
            json.dumps(body, indent=2, ensure_ascii=False).encode("utf-8", "surrogatepass"),
            json.dumps(with_unknown_fields).encode(),
        ]
        expected = query_outcome(client, body)
        ref = reference(api_case.name, record.get("taskId") or record.get("task_id"))
        for form in forms:
            outcome = client.query(ref or api_case.ref, Response(200, form))
            assert outcome == expected or type(outcome).__name__ == expected
            assert getattr(outcome, "raw", None) in (None, body, with_unknown_fields)

    encodable_records = records(api_case).filter(lambda record: "\\ud" not in json.dumps(record))
    check_law(
        api_case,
        check,
        encodable_records,
        st.none() | st.integers() | st.lists(st.text(max_size=3)) | st.just({"task_id": 5}),
    )


def with_reversed_fields(value: Any) -> Any:
    if isinstance(value, list):
        return [with_reversed_fields(item) for item in value]
    return {key: with_reversed_fields(value[key]) for key in reversed(value)} if isinstance(value, dict) else value


@pytest.mark.parametrize("api_case", OFFICIAL, ids=lambda api_case: api_case.name)
def test_an_envelope_makes_no_difference(api_case: ApiCase):
    def check(client: MockedClient, record: dict[str, Any]) -> None:
        expected = query_outcome(client, enveloped(api_case, record))
        assert query_outcome(client, record) == expected
        bare, wrapped = (read_callback(api_case, Response(200, body)) for body in (record, enveloped(api_case, record)))
        assert bare == wrapped or isinstance(bare, Exception)
        assert bare == expected or (type(bare) is type(wrapped) is CallbackRejected and expected == "MalformedResponse")

    check_law(api_case, check, records(api_case))


@pytest.mark.parametrize("api_case", OFFICIAL, ids=lambda api_case: api_case.name)
def test_times_in_strings_and_in_seconds_are_the_same_times(api_case: ApiCase):
    def check(client: MockedClient, stamp: int) -> None:
        tasks = [
            query_outcome(client, enveloped(api_case, {"task_id": "a", "task_status": "submitted", "created_at": form}))
            for form in (stamp * 1000, str(stamp * 1000), stamp, str(stamp), float(stamp))
        ]
        assert tasks == tasks[:1] * 5
        assert isinstance(tasks[0], Task)
        assert tasks[0].created is not None
        assert tasks[0].created.timestamp() == stamp

    check_law(api_case, check, st.integers(1_000_000_000, 4_000_000_000))


def test_a_response_is_read_the_same_way_each_time(api_case: ApiCase):
    """Reading keeps no state: no two tasks share a `raw`."""
    with open_mocked_client(api_case) as client:
        first, second = (
            client.query(api_case.ref, Response(200, json.loads(api_case.finished().content))) for _ in "ab"
        )
    assert first == second
    assert isinstance(first, Task)
    assert isinstance(second, Task)
    assert first.raw == second.raw
    assert first.raw is not second.raw
    assert httpx.Response(200, json=first.raw).json() == json.loads(api_case.finished().content)
