"""Metamorphic tests of reading: a response changed in a known way is read the same, or with a known difference."""

import json
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract_tests.conformance.mocked_client import MockedClient, called_back, mocked
from contract_tests.conformance.response_oracle import STATES, reference, status_of
from contract_tests.conformance.response_strategies import API_CASES, Response, repeatable
from contract_tests.support.apis import KIE, ApiCase
from contract_tests.support.script import Script
from klingkit import CallbackRejected, Fixed, KlingkitError, Task, TaskRef, UnreadableSubmission, WaitTimeout
from klingkit._tasks import wait

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
# State words, also in other case or slightly altered.
WORDS = st.sampled_from(sorted(STATES)).flatmap(
    lambda word: st.sampled_from([word, word.upper(), word.title(), f"{word}!", f" {word}", f"{word}\n"])
)
STRANGE = st.text(min_size=1, max_size=8).filter(lambda word: word.lower() not in STATES)
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


def records(case: ApiCase) -> st.SearchStrategy[dict[str, Any]]:
    """Draw the record of a task, with each of its fields given or not."""
    task_id, word = ("taskId", "state") if case.name == "kie" else ("task_id", "task_status")
    known = FIELDS["kie" if case.name == "kie" else "official"]
    return st.fixed_dictionaries({task_id: IDS, word: WORDS | STRANGE}, optional=known)


def enveloped(case: ApiCase, record: object, code: int | None = None) -> dict[str, Any]:
    usual = 200 if case.name == "kie" else 0
    return {"code": usual if code is None else code, "message": "", "data": record}


def queried(client: MockedClient, body: Any, ref: TaskRef | None = None) -> object:
    """Query; return the task, or the name of the error."""
    record = body["data"] if isinstance(body.get("data"), dict) else body
    of_record = reference(client.case.name, record.get("taskId") or record.get("task_id"))
    outcome = client.query(ref or of_record or client.case.ref, Response(200, body))
    return type(outcome).__name__ if isinstance(outcome, KlingkitError) else outcome


def law(case: ApiCase, check: Any, *strategies: st.SearchStrategy[Any], examples: int = 25) -> None:
    """Check a law on drawn responses, with one client for all of them."""
    with mocked(case) as client:

        @repeatable(examples)
        @given(st.tuples(*strategies))
        def hold(drawn: tuple[Any, ...]) -> None:
            check(client, *drawn)

        hold()


def test_a_callback_of_kie_reads_like_its_query():
    def check(client: MockedClient, record: dict[str, Any], code: int) -> None:
        body = enveloped(KIE, record, code)
        received = called_back(KIE, Response(200, body))
        rejected = isinstance(received, CallbackRejected)
        assert queried(client, body) == ("MalformedResponse" if rejected else received)
        assert rejected or getattr(received, "raw", None) == body

    law(KIE, check, records(KIE), st.sampled_from([200, 501]), examples=60)


def test_no_video_before_success(case: ApiCase):
    full = {"taskId": "a", "resultJson": json.dumps({"resultUrls": [URL]}), "progress": 100, "completeTime": 1}
    if case.name != "kie":
        full = {"task_id": "a", "task_result": {"videos": [{"id": "v", "url": URL}]}, "url": URL, "progress": "100%"}
    names = ["state"] if case.name == "kie" else ["task_status", "status"]

    def check(client: MockedClient, word: str, name: str) -> None:
        for task in (queried(client, enveloped(case, {**full, name: word})), read_as_callback(case, full, name, word)):
            assert isinstance(task, Task)
            assert task.status == status_of(case.name, word)
            assert (task.videos != ()) is (task.status == "succeeded")
            assert task.vendor_status == word

    law(case, check, WORDS | STRANGE, st.sampled_from(names), examples=50)


def read_as_callback(case: ApiCase, full: dict[str, Any], name: str, word: str) -> object:
    """Return what the client reads if this record, with this state, arrives as a callback."""
    record = {**full, name: word}
    return called_back(case, Response(200, enveloped(case, record) if case.name == "kie" else record))


def test_ids_stay_strings(case: ApiCase):
    name = "taskId" if case.name == "kie" else "task_id"

    def check(client: MockedClient, task_id: str) -> None:
        ref = client.submit(Response(200, enveloped(case, {name: task_id})))
        assert ref == reference(case.name, task_id)
        body = enveloped(case, {name: task_id, "state": "waiting", "task_status": "submitted"})
        task = called_back(case, Response(200, body))
        assert isinstance(task, Task)
        assert task.ref == ref

    law(case, check, IDS)


def test_an_id_that_came_as_a_number_keeps_all_its_digits_or_is_none(case: ApiCase):
    name = "taskId" if case.name == "kie" else "task_id"

    def check(client: MockedClient, number: float) -> None:
        outcome = client.submit(Response(200, enveloped(case, {name: number})))
        if isinstance(number, int) and not isinstance(number, bool):
            assert outcome == reference(case.name, str(number))
        else:
            assert isinstance(outcome, UnreadableSubmission)

    law(case, check, st.integers(0, 10**40) | st.floats(1, 1e20) | st.booleans())


def test_an_unknown_state_keeps_waiting(case: ApiCase):
    """The wait goes on until the task or the wait ends; its error has the last state reported."""

    @repeatable(25)
    @given(st.lists(STRANGE, min_size=1, max_size=6))
    def check(words: list[str]) -> None:
        responses = [case.record(word, urls=(URL,)) for word in words]
        task = waited(case, [*responses, case.finished(URL)])
        assert [video.url for video in task.videos] == [URL]
        with pytest.raises(WaitTimeout) as caught:
            waited(case, [*responses, *[responses[-1]] * 5])
        assert caught.value.task is not None
        assert (caught.value.task.vendor_status, caught.value.task.videos) == (words[-1], ())

    check()


def waited(case: ApiCase, responses: list[httpx.Response]) -> Task:
    script = Script(*responses)
    return script.run(wait(case.api, case.ref, timeout=5.0 * len(responses) - 4.5, polling=Fixed(5.0)))


def test_null_and_absent_are_alike_at_every_field(case: ApiCase):
    def check(client: MockedClient, record: dict[str, Any], data: st.DataObject) -> None:
        gone = data.draw(st.sets(st.sampled_from([*paths(record)])))
        outcomes = [queried(client, enveloped(case, changed(record, gone, how)), case.ref) for how in (None, ...)]
        assert outcomes[0] == outcomes[1]

    law(case, check, records(case).map(lambda record: {**record, **own_id(case)}), st.data(), examples=50)


def own_id(case: ApiCase) -> dict[str, str]:
    return {"taskId" if case.name == "kie" else "task_id": case.ref.id}


def paths(value: object, at: tuple[Any, ...] = ()):
    """Yield the paths of the fields of an object, those of inner objects included."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        if isinstance(value, dict):
            yield (*at, key)
        yield from paths(inner, (*at, key))


def changed(value: Any, gone: set[tuple[Any, ...]], how: Any, at: tuple[Any, ...] = ()) -> Any:
    """The value with some fields null, or left out for `...`."""
    if isinstance(value, list):
        return [changed(item, gone, how, (*at, index)) for index, item in enumerate(value)]
    if not isinstance(value, dict):
        return value
    kept = {key: how if (*at, key) in gone else changed(inner, gone, how, (*at, key)) for key, inner in value.items()}
    return {key: inner for key, inner in kept.items() if inner is not ...}


def test_the_order_of_fields_the_formatting_and_unknown_fields_do_not_matter(case: ApiCase):
    def check(client: MockedClient, record: dict[str, Any], news: Any) -> None:
        body = enveloped(case, record)
        newer = json.loads(json.dumps(body), object_pairs_hook=lambda pairs: {**dict(pairs), "newer": news})
        forms = [
            json.dumps(reversed_within(body)).encode(),
            json.dumps(body, indent=2, ensure_ascii=False).encode("utf-8", "surrogatepass"),
            json.dumps(newer).encode(),
        ]
        expected = queried(client, body)
        ref = reference(case.name, record.get("taskId") or record.get("task_id"))
        for form in forms:
            outcome = client.query(ref or case.ref, Response(200, form))
            assert outcome == expected or type(outcome).__name__ == expected
            assert getattr(outcome, "raw", None) in (None, body, newer)

    texts = records(case).filter(lambda record: "\\ud" not in json.dumps(record))
    law(case, check, texts, st.none() | st.integers() | st.lists(st.text(max_size=3)) | st.just({"task_id": 5}))


def reversed_within(value: Any) -> Any:
    if isinstance(value, list):
        return [reversed_within(item) for item in value]
    return {key: reversed_within(value[key]) for key in reversed(value)} if isinstance(value, dict) else value


@pytest.mark.parametrize("case", OFFICIAL, ids=lambda case: case.name)
def test_an_envelope_makes_no_difference(case: ApiCase):
    def check(client: MockedClient, record: dict[str, Any]) -> None:
        within = queried(client, enveloped(case, record))
        assert queried(client, record) == within
        bare, wrapped = (called_back(case, Response(200, body)) for body in (record, enveloped(case, record)))
        assert bare == wrapped or isinstance(bare, Exception)
        assert bare == within or (type(bare) is type(wrapped) is CallbackRejected and within == "MalformedResponse")

    law(case, check, records(case))


@pytest.mark.parametrize("case", OFFICIAL, ids=lambda case: case.name)
def test_times_in_strings_and_in_seconds_are_the_same_times(case: ApiCase):
    def check(client: MockedClient, stamp: int) -> None:
        tasks = [
            queried(client, enveloped(case, {"task_id": "a", "task_status": "submitted", "created_at": form}))
            for form in (stamp * 1000, str(stamp * 1000), stamp, str(stamp), float(stamp))
        ]
        assert tasks == tasks[:1] * 5
        assert isinstance(tasks[0], Task)
        assert tasks[0].created is not None
        assert tasks[0].created.timestamp() == stamp

    law(case, check, st.integers(1_000_000_000, 4_000_000_000))


def test_a_response_is_read_the_same_way_each_time(case: ApiCase):
    """Reading keeps no state: no two tasks share a `raw`."""
    with mocked(case) as client:
        first, second = (client.query(case.ref, Response(200, json.loads(case.finished().content))) for _ in "ab")
    assert first == second
    assert isinstance(first, Task)
    assert isinstance(second, Task)
    assert first.raw == second.raw
    assert first.raw is not second.raw
    assert httpx.Response(200, json=first.raw).json() == json.loads(case.finished().content)
