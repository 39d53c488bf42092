"""The ledger as programs use it, with clients of both kinds and a mocked service."""

from __future__ import annotations

import asyncio
import hashlib
import threading
from collections.abc import Iterator
from typing import Any

import anyio
import httpx
import pytest
import respx

from contract_tests.batch.conftest import HOST, request
from contract_tests.support.mp4_files import make_mp4
from klingkit import (
    AsyncClient,
    CallbackEvent,
    Client,
    InvalidRequest,
    NetworkError,
    SubmissionUncertain,
    Task,
    TaskRef,
)
from klingkit._models import UnclaimedTask
from klingkit.batch import Ledger, LedgerError, _drive
from klingkit.batch._drive import check_time, drive, drive_async
from klingkit.batch._effects import Sleep, Submit, Write
from klingkit.native import Native, Text2Video

CREATE = f"{HOST}/api/v1/jobs/createTask"
QUERY = f"{HOST}/api/v1/jobs/recordInfo"
VIDEO = make_mp4()
REF = TaskRef("kie", "jobs", "t-1")
CREATED = httpx.Response(200, json={"code": 200, "msg": "success", "data": {"taskId": "t-1"}})


@pytest.fixture
def service() -> Iterator[respx.MockRouter]:
    with respx.mock(assert_all_called=False) as router:
        router.post(CREATE).mock(return_value=CREATED)
        yield router


@pytest.fixture(params=["blocking", "asyncio", "trio"])
def call(request, api) -> Iterator[Any]:
    """Return what calls a method of a ledger with a client of each kind."""
    if request.param == "blocking":
        with Client(api, pacing=None) as client:
            yield lambda method, *args, **options: method(client, *args, **options)
        return

    def call_(method: Any, *args: Any, **options: Any) -> Any:
        async def main() -> Any:
            async with AsyncClient(api, pacing=None) as client:
                return await method(client, *args, **options)

        return anyio.run(main, backend=request.param)

    yield call_


def test_a_request_is_paid_once(ledger, service, call):
    assert call(ledger.submit_once, "order-1", request()) == REF
    assert call(ledger.submit_once, "order-1", request()) == REF
    assert service.calls.call_count == 1


def test_a_lost_response_is_not_paid_again(ledger, service, call):
    service.post(CREATE).mock(side_effect=httpx.ReadTimeout("no response"))
    for _ in range(2):
        with pytest.raises(SubmissionUncertain):
            call(ledger.submit_once, "order-1", request())
    assert service.calls.call_count == 1


def test_a_job_is_advanced_to_its_file(ledger, service, call, api, tmp_path):
    record = {"taskId": "t-1", "state": "success", "resultJson": '{"resultUrls": ["http://media.test/a.mp4"]}'}
    service.get(QUERY).respond(json={"code": 200, "msg": "success", "data": record})
    service.get("http://media.test/a.mp4").respond(content=VIDEO)
    path = tmp_path / "out" / "a.mp4"
    ledger.enqueue([ledger.new_job(api, "a", request(), batch="b", output=str(path))])
    assert call(ledger.advance, 1) == 2.5
    assert call(ledger.advance, 1) is None
    assert ledger.job("a").message is None
    assert path.read_bytes() == VIDEO
    job = ledger.job("a")
    assert (job.state, job.size, job.sha256) == ("done", len(VIDEO), hashlib.sha256(VIDEO).hexdigest())


def test_a_folder_that_cannot_be_made_fails_the_job_alone(ledger, service, call, api, tmp_path):
    record = {"taskId": "t-1", "state": "success", "resultJson": '{"resultUrls": ["http://media.test/a.mp4"]}'}
    service.get(QUERY).respond(json={"code": 200, "msg": "success", "data": record})
    (tmp_path / "file").touch()
    ledger.enqueue([ledger.new_job(api, "a", request(), output=str(tmp_path / "file" / "a.mp4"))])
    call(ledger.advance, 1)
    assert call(ledger.advance, 1) is None
    assert "the folder cannot be made" in ledger.job("a").message


@pytest.mark.parametrize("found", [True, False])
@pytest.mark.parametrize("kind", ["blocking", "asyncio"])
def test_a_task_is_searched_for_by_its_external_id(open_ledger, time, kind, found):
    ledger = open_ledger(submit_timeout=0.2)  # of which a quarter goes to the client's own search
    host = "http://native.test"
    api = Native("key-of-nobody", host)
    what = Text2Video(prompt="a cat", model_name="kling-v1-6", mode="std")

    async def run(method: Any, *args: Any) -> Any:
        async with AsyncClient(api, pacing=None) as client:
            return await method(client, *args)

    def call(method: Any, *args: Any) -> Any:
        if kind == "asyncio":
            return asyncio.run(run(method, *args))
        with Client(api, pacing=None) as client:
            return method(client, *args)

    with respx.mock() as router:
        router.post(url__startswith=host).mock(side_effect=httpx.ReadTimeout("no response"))
        search = router.get(url__startswith=host).mock(side_effect=httpx.ConnectError("no route"))
        ledger.enqueue([ledger.new_job(api, "a", what, batch="b")])
        assert call(ledger.advance, 1) == 2.0
        if found:
            external_id = ledger.job("a").external_id
            task = {"task_id": "t-1", "task_status": "processing", "created_at": 32_503_680_000_000}
            task["task_info"] = {"external_task_id": external_id}
            search.mock(return_value=httpx.Response(200, json={"code": 0, "data": task}))
        assert call(ledger.advance, 1) == (0.0 if found else 2.0)
    assert ledger.job("a").state == ("submitted" if found else "uncertain")


# Interruptions


class Interrupting(Client[Any]):
    """A client that is interrupted once its task is known, or before."""

    def __init__(self, api: Any, *, paid: bool) -> None:
        super().__init__(api)
        self.paid = paid

    def submit(self, request: Any, **options: Any) -> TaskRef:
        self.unclaimed.append(UnclaimedTask(TaskRef("kie", "jobs", "other"), "of another call"))
        if self.paid:
            self.unclaimed.append(UnclaimedTask(REF, request))
        raise KeyboardInterrupt


@pytest.mark.parametrize(("paid", "state"), [(True, "submitted"), (False, "intent")])
def test_an_interruption_loses_no_task(ledger, api, paid, state):
    with Interrupting(api, paid=paid) as client:
        with pytest.raises(KeyboardInterrupt):
            ledger.submit_once(client, "a", request())
        assert [str(task) for task in client.unclaimed] == ["kie:jobs:other"]
    assert ledger.job("a").state == state


def test_a_task_that_cannot_be_recorded_stays_with_the_client(ledger, api, caplog):
    class Closing(Interrupting):
        def submit(self, request: Any, **options: Any) -> TaskRef:
            ledger.close()
            return super().submit(request, **options)

    with Closing(api, paid=True) as client:
        with pytest.raises(LedgerError):
            ledger.submit_once(client, "a", request())
        assert REF in [task.ref for task in client.unclaimed]
    assert "task kie:jobs:t-1 was paid for, and not recorded" in caplog.text


def test_a_claim_whose_result_nobody_takes_is_undone(ledger, api):
    """Cancelled between the intent and the request: nothing was sent, so nothing is uncertain."""

    async def main() -> None:
        async with AsyncClient(api) as client:
            held, release = threading.Event(), threading.Event()
            ledger.database.start(lambda *_: held.set() or release.wait(10))  # type: ignore[func-returns-value]
            held.wait(10)
            task = asyncio.ensure_future(ledger.advance(client, 1))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            task.cancel()
            release.set()
            with pytest.raises(asyncio.CancelledError):
                await task

    ledger.enqueue([ledger.new_job(api, "a", request(), batch="b")])
    asyncio.run(main())
    assert ledger.job("a").state == "queued"


def test_a_claim_that_is_interrupted_is_undone(ledger, api, monkeypatch):
    run = ledger.database.run

    def interrupted(transaction: Any) -> Any:
        result = run(transaction)
        if hasattr(result, "until"):  # of a claim
            raise KeyboardInterrupt
        return result

    ledger.enqueue([ledger.new_job(api, "a", request(), batch="b")])
    with Client(api) as client, monkeypatch.context() as patch:
        patch.setattr(ledger.database, "run", interrupted)
        with pytest.raises(KeyboardInterrupt):
            ledger.advance(client, 1)
    assert ledger.job("a").state == "queued"


def test_a_payment_that_comes_too_late_is_not_begun(ledger, api):
    ledger.enqueue([ledger.new_job(api, "a", request())])
    with pytest.raises(NetworkError, match="came too late; nothing was sent"):
        check_time(Submit(ledger.job("a"), request(), None, 60.0, float("-inf")))


# The database is gone for a while


@pytest.mark.parametrize("kind", ["blocking", "asyncio"])
@pytest.mark.parametrize(("passing", "tries"), [(True, 3), (False, 1)])
def test_what_happened_is_recorded_when_the_database_is_back(ledger, api, monkeypatch, kind, passing, tries):
    monkeypatch.setattr(_drive, "RECORD_PAUSES", (0.0, 0.0, 0.0))
    tried: list[int] = []

    def write(*_: Any) -> str:
        tried.append(1)
        if len(tried) < 3:
            error = LedgerError("gone")
            error.again = "ask" if passing else "never"
            raise error
        return "recorded"

    def steps() -> Any:
        return (yield Write(write, must=True))

    async def main() -> Any:
        async with AsyncClient(api) as client:
            return await drive_async(ledger.database, client, steps())

    def run() -> Any:
        if kind == "asyncio":
            return asyncio.run(main())
        with Client(api) as client:
            return drive(ledger.database, client, steps())

    if passing:
        assert run() == "recorded"
    else:
        with pytest.raises(LedgerError, match="gone"):
            run()
    assert len(tried) == tries


def test_pauses_of_both_kinds(ledger, api):
    def steps() -> Any:
        return (yield Sleep(0.0))

    async def main() -> Any:
        async with AsyncClient(api) as client:
            return await drive_async(ledger.database, client, steps())

    with Client(api) as client:
        assert drive(ledger.database, client, steps()) is asyncio.run(main()) is None


# Callbacks


def test_a_callback_tells_the_task_of_an_uncertain_job(open_ledger, api, service):
    ledger = open_ledger(callbacks="https://here.example/kling")
    service.post(CREATE).mock(side_effect=httpx.ReadTimeout("no response"))
    with Client(api) as client, pytest.raises(SubmissionUncertain):
        ledger.submit_once(client, "a", request())
    sent = service.calls.last.request
    url = ledger.urls.url("a")
    assert f'"{url}"'.encode() in sent.content
    name = ledger.callback_urls("https://here.example/kling").name(url)
    assert ledger.webhook(CallbackEvent(Task(REF, "succeeded"), name=name)) == 1
    assert (ledger.job("a").state, ledger.job("a").task) == ("submitted", REF)
    assert ledger.overdue(grace=0.0) == [1]


def test_callbacks_of_nobody(ledger):
    assert ledger.webhook(CallbackEvent(Task(REF, "succeeded"), name="x")) is None
    assert ledger.webhook(CallbackEvent(Task(REF, "succeeded"))) is None


# Settling


@pytest.fixture
def uncertain(ledger: Ledger, api: Any, service: Any) -> Ledger:
    """A ledger with an uncertain job."""
    service.post(CREATE).mock(side_effect=httpx.ReadTimeout("no response"))
    with Client(api) as client, pytest.raises(SubmissionUncertain):
        ledger.submit_once(client, "a", request())
    return ledger


@pytest.mark.parametrize(
    ("outcome", "state", "ref"),
    [(REF, "submitted", str(REF)), ("pay-again", "queued", None), ("give-up", "failed", None)],
)
def test_the_user_settles_what_is_uncertain(uncertain, outcome, state, ref):
    job = uncertain.resolve("a", outcome)
    assert (job.state, job.ref) == (state, ref)
    with pytest.raises(InvalidRequest, match=f"one that is uncertain, not 'a, which is {state}'"):
        uncertain.resolve("a", outcome)


def test_an_intent_whose_time_has_passed_can_be_settled(ledger, api, time):
    with Interrupting(api, paid=False) as client, pytest.raises(KeyboardInterrupt):
        ledger.submit_once(client, "a", request())
    with pytest.raises(InvalidRequest, match="which is intent"):
        ledger.resolve("a", "give-up")
    time.now += 75.0
    assert ledger.resolve("a", "give-up").state == "failed"


def test_what_cannot_be_settled(uncertain):
    with pytest.raises(InvalidRequest, match="outcome: a TaskRef, 'pay-again' or 'give-up', not 'perhaps'"):
        uncertain.resolve("a", "perhaps")
    with pytest.raises(InvalidRequest, match="job: one of this ledger, not 'b'"):
        uncertain.resolve("b", "give-up")
    with pytest.raises(InvalidRequest, match="one that is failed"):
        uncertain.retry("a")


# Queries


def test_jobs_and_counts(ledger, api):
    assert ledger.enqueue([ledger.new_job(api, f"{n}", request(), batch="ab"[n % 2]) for n in range(1100)]) == 1100
    assert ledger.enqueue([ledger.new_job(api, f"{n}", request(), batch="ab"[n % 2]) for n in range(1101)]) == 1
    assert ledger.counts() == {"queued": 1101}
    assert ledger.counts("b") == {"queued": 550}
    assert [job.key for job in ledger.jobs(batch="b", states=["queued"])][:2] == ["1", "3"]
    assert ledger.jobs(states=["done"]) == []


def test_nothing_is_added_where_one_job_is_refused(ledger, api):
    ledger.enqueue([ledger.new_job(api, "a", request())])
    with pytest.raises(InvalidRequest, match="key"):
        ledger.enqueue([ledger.new_job(api, "b", request()), ledger.new_job(api, "a", request("a dog"))])
    assert ledger.job("b") is None


def test_queued_jobs_that_callers_pay_for_are_not_overdue(ledger, api, time):
    ledger.enqueue([ledger.new_job(api, "a", request()), ledger.new_job(api, "b", request(), batch="b")])
    time.now += 10.0
    assert ledger.overdue() == [2]
    assert ledger.overdue(grace=20.0) == []


@pytest.mark.parametrize("key", ["", "x" * 256, "a\nb", 5])
def test_a_key_that_cannot_be_used(ledger, api, key):
    with pytest.raises(InvalidRequest, match="key: 1 to 255 printable characters"):
        ledger.new_job(api, key, request())


@pytest.mark.parametrize("what", [object(), "a cat"])
def test_a_request_that_cannot_be_stored(ledger, api, what):
    with pytest.raises(InvalidRequest, match="request: a typed request"):
        ledger.new_job(api, "a", what)


def test_the_manifest(ledger, api, service):
    with Client(api) as client:
        ledger.submit_once(client, "=a", request())
    ledger.enqueue([ledger.new_job(api, "b", request(), batch="b")])
    assert ledger.export().splitlines()[0].startswith('{"key": "=a", "batch": "", "state": "submitted", "ref": "kie:')
    assert ledger.export("csv", batch="b") == (
        "key,batch,state,ref,file,sha256,size,cost,error,estimate,external_task_id,cost_unit,message\n"
        "b,b,queued,,,,,,,,,,\n"
    )
    assert "'=a," in ledger.export("csv")
    assert ledger.export("csv", batch="none") == ""
