"""Submissions that wait for their turns, many at once, in simulated time."""

import asyncio
import logging
from random import Random
from typing import Any

import httpx
import pytest

from contract_tests.support.apis import NATIVE
from contract_tests.support.kie import (
    CAT_REQUEST,
    KIE_API,
    created_response,
    error_response,
)
from contract_tests.support.script import Script
from contract_tests.support.world import Run, Service, World
from klingkit import (
    AuthenticationError,
    InvalidRequest,
    KlingkitError,
    NetworkError,
    Pacing,
    RateLimited,
    SlotsFull,
    SubmissionUncertain,
    TaskRef,
    UnclaimedTask,
)
from klingkit._flow import Effect, Now, Outcome, Send
from klingkit._fork import PerProcess
from klingkit._limiter import OVERTIME, Limits
from klingkit._query import get
from klingkit._submit import submit
from klingkit.native import Native


def submission(limits: Limits, timeout: float = 600.0, api: Any = KIE_API, request: Any = CAT_REQUEST) -> Any:
    return submit(api, request, timeout=timeout, unclaimed=[], limits=limits)


def shared(limits: Limits) -> PerProcess[Limits | None]:
    """Return limits as a client hands them to its queries."""
    return PerProcess(lambda: limits)


def submitted(
    service: Service, pacing: Pacing, number: int, *, seed: int = 0, gap: float = 0.0, timeout: float = 600.0
):
    """Submit so many at once, or each `gap` seconds after the last; return the world, the limits and the runs."""
    random = Random(seed)  # noqa: S311 - repeatable, nothing secret
    world = World(service, lambda: random.uniform(0.01, 0.8))
    limits = Limits.of(pacing, world.clock)
    runs = [world.start(submission(limits, timeout), each * gap) for each in range(number)]
    return world, limits, runs


def all_created(runs: list[Run]) -> bool:
    return all(isinstance(run.result, TaskRef) for run in runs)


@pytest.mark.parametrize("seed", range(8))
def test_a_known_limit_is_never_exceeded_and_nothing_is_refused_or_lost(seed: int):
    """However long requests and responses take: the service sees at most 20 in any 10 s."""
    service = Service(rate=20)
    world, _, runs = submitted(service, Pacing(creations=20), 200, seed=seed)
    world.run()
    assert (all_created(runs), service.refused) == (True, [])
    assert service.most() == 20
    assert world.seconds < 9 * (10 + 1.7) + 2


@pytest.mark.parametrize("known", [None, 20])
@pytest.mark.parametrize("headers", [{}, {"Retry-After": "10"}], ids=["", "Retry-After"])
def test_an_unknown_limit_is_learned_and_nothing_is_lost(known: int | None, headers: dict[str, str]):
    """Fifty at a service of five in 10 s; it is the client that is wrong about it, or knows nothing."""
    service = Service(rate=5, headers=headers)
    world, _, runs = submitted(service, Pacing(creations=known), 50)
    world.run()
    assert all_created(runs)
    assert len(service.refused) <= (known or 50) - 5 + 15
    assert world.seconds < 150


def test_submissions_go_out_in_the_order_in_which_they_came():
    service = Service(rate=5, per=2.0)
    world = World(service, lambda: 0.01)
    limits = Limits.of(Pacing(per=2.0), world.clock)
    runs = [world.start(submission(limits), number * 0.001) for number in range(60)]
    world.run()
    names = [int(run.result.id[1:]) for run in runs]
    assert sorted(names) == list(range(1, 61))
    late = [abs(place - name) for place, name in enumerate(names, 1)]
    assert max(late) <= 6, "those that were refused keep their places"


def test_only_the_first_in_the_queue_is_woken():
    """No thundering herd: each wakes when it is the first, and when it may go, and looks on now and then."""
    world, _, runs = submitted(Service(rate=5), Pacing(creations=5), 100)
    world.run()
    assert max(run.wakes for run in runs) <= world.seconds / 4


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("known", [3, None])
def test_slots_are_kept_to_and_one_that_frees_lets_one_submission_go(known: int | None, seed: int):
    service = Service(slots=3)
    random = Random(seed)  # noqa: S311 - repeatable, nothing secret
    world = World(lambda time, request: as_native(service(time, request)), lambda: random.uniform(0.01, 0.5))
    limits = Limits.of(Pacing(slots=known), world.clock)

    def finish(run: Run) -> None:
        service.running.discard(run.result.id)
        limits.creations.see(run.result, done=True)

    def watch(run: Run) -> None:
        if run.result is None:
            world.at(world.time + 0.1, lambda: watch(run))
        else:
            world.at(world.time + 20.0, lambda: finish(run))

    runs = [world.start(submission(limits, api=NATIVE.api, request=NATIVE.request)) for _ in range(12)]
    for run in runs:
        watch(run)
    world.run()
    assert all_created(runs)
    assert service.refused == [] or known is None
    assert world.seconds < 4 * 22, "each slot is used again at once"


def as_native(response: httpx.Response) -> httpx.Response:
    body = response.json()
    return NATIVE.created(body["data"]["taskId"]) if body["code"] == 200 else response


def test_tasks_that_end_unseen_hold_no_slot_for_ever():
    service = Service(slots=2)
    world = World(lambda time, request: as_native(service(time, request)), lambda: 0.01)
    limits = Limits.of(Pacing(), world.clock)
    runs = [world.start(submission(limits, api=NATIVE.api, request=NATIVE.request)) for _ in range(6)]
    for seconds in (30, 60):
        world.at(1000.0 + seconds, service.running.clear)
    world.run()
    assert all_created(runs)
    assert world.seconds < 100


def test_a_wait_that_ends_leaves_its_slot_to_the_next():
    def respond(_: float, request: httpx.Request) -> httpx.Response:
        return NATIVE.created() if request.method == "POST" else NATIVE.finished()

    world = World(respond, lambda: 1.0)
    limits = Limits.of(Pacing(slots=1), world.clock)
    first = world.start(submission(limits, api=NATIVE.api, request=NATIVE.request))
    second = world.start(submission(limits, api=NATIVE.api, request=NATIVE.request))
    world.run(1005.0)
    limits.creations.see(first.result, done=False)
    world.run(1010.0)
    assert (first.result is None, second.result) == (False, None)
    world.start(get(NATIVE.api, first.result, timeout=10.0, limits=shared(limits)))
    world.run(1020.0)
    assert second.result is not None


# The time limit


def test_a_submission_whose_turn_does_not_come_was_not_sent(caplog: pytest.LogCaptureFixture):
    service = Service(rate=5)
    with caplog.at_level(logging.INFO, "klingkit"):
        world, _, runs = submitted(service, Pacing(creations=5), 30, timeout=16.0)
        world.run()
    lost = [run for run in runs if run.error]
    assert len(service.created) == len(runs) - len(lost) == 10
    assert service.refused == []
    error = lost[-1].error
    assert isinstance(error, RateLimited)
    text = (
        "nothing was sent: no turn in 12.0 s; the limit of creations in 10 s is 5, and 24 were before it in the queue"
    )
    assert str(error) == text
    assert (error.api, error.request, error.again) == ("kie", CAT_REQUEST, "pay")
    assert {run.ended for run in lost} == {1012.0}, "a quarter is kept for the exchange"
    queued = [vars(it)["klingkit"] for it in caplog.records if vars(it)["klingkit"]["event"] == "queued"]
    assert len(queued) == 25, "each says so once"
    assert queued[0] == {
        "event": "queued",
        "limit": "the limit of creations in 10 s is 5",
        "before": 0,
        "seconds": 12.0,
    }
    assert queued[-1]["before"] == 24


def test_a_retry_after_that_lasts_too_long_ends_all_submissions_at_once():
    """Also of those that were not refused themselves."""
    service = Service(rate=0, headers={"Retry-After": "70"})
    world, _, runs = submitted(service, Pacing(creations=1), 3, timeout=60.0)
    world.run()
    assert [type(run.error) for run in runs] == [RateLimited] * 3
    assert len(service.refused) == 1
    assert max(run.ended or 0.0 for run in runs) < 1002.0
    texts = [str(run.error) for run in runs]
    assert texts[0].startswith("nothing was created: kie: error code 429: no; then no turn in")
    assert all("nothing was sent: no turn in" in text for text in texts[1:])
    assert all("the pause after a refusal lasts 70.0 s more" in text for text in texts[:1])
    first = runs[0].error
    assert isinstance(first, RateLimited)
    assert (first.code, first.http_status, first.vendor_message) == (429, 429, "no")
    assert isinstance(first.__cause__, RateLimited)
    assert first.retry_after == pytest.approx(70.0)


def test_a_retry_after_that_is_longer_than_any_that_is_heeded_is_still_stated():
    world, _, runs = submitted(Service(rate=0, headers={"Retry-After": "3600"}), Pacing(), 1)
    world.run()
    assert isinstance(runs[0].error, RateLimited)
    assert runs[0].error.retry_after == 3600.0


def test_slots_that_stay_full_are_named():
    world = World(lambda *_: httpx.Response(429, json={"code": 1303, "message": "full"}), lambda: 0.1)
    limits = Limits.of(Pacing(), world.clock)
    run = world.start(submission(limits, 20.0, NATIVE.api, NATIVE.request))
    world.run()
    assert isinstance(run.error, SlotsFull)
    assert "nothing was created: native: error code 1303: full" in str(run.error)
    assert "; no slot is free at the service, and 0 were before it" in str(run.error)


def test_a_refusal_that_comes_late_is_not_tried_again():
    """An exchange with too little time could end uncertain."""
    script = Script(lambda effect: late(script, effect))
    with pytest.raises(RateLimited, match="nothing was created: kie: error code 429"):
        script.run(submission(Limits.of(Pacing(), lambda: script.clock), 10.0))
    assert script.paid == 1


def late(script: Script, effect: Any) -> httpx.Response:
    script.clock += 8.0
    response = error_response(429, 429, **{"Retry-After": "0"})
    effect.on_outcome(response)
    return response


# What is given back


def test_a_cancelled_submission_leaves_its_turn_to_the_next():
    world, limits, runs = submitted(Service(rate=5), Pacing(creations=5), 20)
    world.run(1005.0)
    for run in runs[5:15]:  # the first in the queue among them
        world.interrupt(run, asyncio.CancelledError())
    world.run()
    assert all_created([*runs[:5], *runs[15:]])
    assert max(run.ended or 0.0 for run in runs) < 1015.0
    assert (limits.creations._queue, limits.creations._under_way) == ([], {})


def test_a_turn_that_is_lost_in_an_interruption_blocks_the_others_for_its_time_alone():
    """Ctrl-C may hit the very code that gives a turn back."""
    service = Service()
    world = World(service, lambda: 0.01)
    limits = Limits.of(Pacing(creations=1), world.clock)
    limits.creations.join(10.0).pause()  # under way, and nobody ends it
    limits.creations.join(20.0).pause()  # queued, and nobody leaves
    run = world.start(submission(limits))
    world.run()
    assert isinstance(run.result, TaskRef)
    assert run.ended == pytest.approx(1010.0 + OVERTIME + 10.0, abs=0.1)


OUTCOMES: list[tuple[Any, type[KlingkitError] | None, int]] = [
    (created_response(), None, 1),
    (error_response(422, 422), InvalidRequest, 1),
    (httpx.ReadTimeout("slow"), KlingkitError, 1),
    (httpx.ConnectError("refused"), NetworkError, 0),
    (error_response(429, 429, **{"Retry-After": "90"}), RateLimited, 0),
]


@pytest.mark.parametrize(("outcome", "error", "counted"), OUTCOMES, ids=str)
def test_what_may_have_reached_the_service_is_counted(outcome: Any, error: type[KlingkitError] | None, counted: int):
    script = Script(*[outcome] * 3)
    limits = Limits.of(Pacing(creations=20), lambda: script.clock)
    if error is None:
        script.run(submission(limits))
    else:
        with pytest.raises(error):
            script.run(submission(limits, 60.0))
    assert (len(limits.creations.window._counted), limits.creations._under_way) == (counted, {})


def signed_by_access_key() -> Native:
    return Native(base_url="http://native.test", access_key="access", secret_key="a-secret-key-of-32-characters-000")


def test_a_stale_token_takes_no_creation_of_the_window():
    script = Script(error_response(1004, 401), NATIVE.created())
    limits = Limits.of(Pacing(creations=1, per=60.0), lambda: script.clock)
    assert script.run(submission(limits, api=signed_by_access_key(), request=NATIVE.request)) == NATIVE.ref
    assert (script.paid, script.slept, limits.creations._under_way) == (2, [0], {})


def test_a_submission_that_waits_once_more_after_a_stale_token_does_not_claim_that_nothing_was_sent():
    def refuse_while_another_submission_is_sent(effect: Any) -> Outcome:
        response = error_response(1004, 401)
        effect.on_outcome(response)
        limits.creations.join(10.0).pause()
        return response

    script = Script(refuse_while_another_submission_is_sent)
    limits = Limits.of(Pacing(creations=1, per=60.0), lambda: script.clock)
    with pytest.raises(RateLimited, match=r"nothing was created: .*1004.*; then no turn in") as caught:
        script.run(submission(limits, 10.0, signed_by_access_key(), NATIVE.request))
    assert isinstance(caught.value.__cause__, AuthenticationError)
    assert script.paid == 1


@pytest.mark.parametrize("hit", [Send, Now])
def test_an_exchange_that_never_began_gives_its_turn_back(hit: type):
    """The client is closed between the turn and the exchange, or Ctrl-C comes."""

    class Hit(Script):
        def perform(self, effect: Effect) -> Outcome:
            if isinstance(effect, hit) and limits.creations._under_way:
                raise KeyboardInterrupt
            return super().perform(effect)

    script = Hit()
    limits = Limits.of(Pacing(creations=20), lambda: script.clock)
    with pytest.raises(KeyboardInterrupt):
        script.run(submission(limits))
    assert limits.creations._under_way == {}


def test_an_exchange_that_outlasts_its_time_limit_is_counted_once():
    outcomes: list[Any] = []

    def overdue(effect: Any) -> httpx.ReadTimeout:
        outcomes.append(effect.on_outcome)
        return httpx.ReadTimeout("too long")

    script = Script(overdue)
    limits = Limits.of(Pacing(creations=20), lambda: script.clock)
    with pytest.raises(SubmissionUncertain):
        script.run(submission(limits))
    outcomes[0](created_response())
    assert (len(limits.creations.window._counted), limits.creations._under_way) == (1, {})


def test_a_network_error_is_retried_as_before_and_each_try_takes_a_turn():
    script = Script(httpx.ConnectError("refused"), httpx.ConnectError("refused"), created_response())
    assert script.run(submission(Limits.of(Pacing(creations=1), lambda: script.clock))) == KIE_API.read_submission(
        created_response()
    )
    assert script.slept == [0.5, 1.0]


def test_without_pacing_full_slots_are_an_error_at_once():
    script = Script(httpx.Response(429, json={"code": 1303, "message": "full"}))
    with pytest.raises(SlotsFull):
        script.run(submit(NATIVE.api, NATIVE.request, timeout=60.0, unclaimed=list[UnclaimedTask]()))
    assert script.slept == []


def test_a_submission_that_nothing_keeps_back_costs_no_further_effect():
    plain, paced = Script(created_response()), Script(created_response())
    plain.run(submit(KIE_API, CAT_REQUEST, timeout=60.0, unclaimed=[]))
    paced.run(submission(Limits.of(KIE_API.known_limits, lambda: paced.clock), 60.0))
    assert [type(it) for it in paced.effects] == [type(it) for it in plain.effects]
