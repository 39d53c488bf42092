"""Planned responses: made from plain arguments, and read back by the client."""

from __future__ import annotations

import httpx
import pytest

from contract_tests.support.apis import ALL
from contract_tests.support.kie import KEY
from contract_tests.testing.clients import client
from klingkit import AsyncClient, InsufficientCredit, NetworkError, RateLimited, TaskFailed, TaskRef
from klingkit._base import APIS
from klingkit.kie import Kling25TurboPro
from klingkit.testing import Router
from klingkit.testing import _payloads as payloads

VIDEO = "https://media.test/cat.mp4"


def test_states_are_given_one_after_the_other(case, router):
    routes, words = getattr(router, case.name), payloads.of(case.name).words
    routes.create(task_id="t-7").query(
        words["queued"],
        case.words["running"],
        words["succeeded"],
        video=VIDEO,
    )
    with client(case) as api:
        ref = api.submit(case.request)
        seen = [api.get(ref) for _ in range(4)]
    assert ref.id == "t-7"
    assert [task.status for task in seen] == ["queued", "running", "succeeded", "succeeded"]
    assert [[video.url for video in task.videos] for task in seen] == [[], [], [VIDEO], [VIDEO]]
    assert [(one.api, one.operation) for one in router.exchanges] == [
        (case.name, "create"),
        *[(case.name, "query")] * 4,
    ]


def test_each_task_has_its_own_id(case, router):
    getattr(router, case.name).create().query()
    with client(case) as api:
        first, second = api.submit(case.request), api.submit(case.request)
        assert (first.id, second.id) == ("task-1", "task-2")
        assert api.get(second).ref == second
        assert api.get(second).status == "succeeded"


def test_a_failure_has_its_reason(case, router):
    getattr(router, case.name).create().query(payloads.of(case.name).words["failed"], reason="too many cats")
    with client(case) as api, pytest.raises(TaskFailed, match="too many cats"):
        api.generate(case.request)


def test_every_known_state_has_its_video_or_reason(case, router):
    forms = payloads.of(case.name)
    known = {word: forms.status_of(word) for word in forms.states}
    getattr(router, case.name).query(*known, "brand-new", video=VIDEO, reason="why", unlisted=True)
    with client(case) as api:
        tasks = [api.get(TaskRef(case.name, case.ref.route, "t-7")) for _ in range(len(known) + 1)]
    assert [task.status for task in tasks] == [*known.values(), "failed" if case.name == "kie" else "running"]
    assert [bool(task.videos) for task in tasks] == [task.status == "succeeded" for task in tasks]
    assert [task.failure is not None and task.failure.message == "why" for task in tasks] == [
        task.status == "failed" for task in tasks
    ]


def test_states_that_do_not_fit_are_an_error(router):
    with pytest.raises(ValueError, match="state: one of waiting, queuing, generating, success, fail, not 'succes'"):
        router.kie.query("waiting", "succes")
    with pytest.raises(ValueError, match=r"state: one of .*, not 7"):
        router.kie.query(7)
    with pytest.raises(ValueError, match="video: comes with success only, not with waiting or fail"):
        router.kie.query("waiting", "fail", video=VIDEO)
    with pytest.raises(ValueError, match="reason: comes with fail only, not with success"):
        router.kie.query(reason="why")


@pytest.mark.parametrize(("name", "code"), [("kie", 402), ("native", 1102), ("relay", 1102)])
@pytest.mark.parametrize("status", [None, 200])
def test_an_api_error_by_status_or_by_code_alone(name, code, status, router):
    (case,) = [one for one in ALL if one.name == name]
    getattr(router, name).refuse(code, status=status, message="poor").create()
    with client(case) as api:
        with pytest.raises(InsufficientCredit, match="poor"):
            api.submit(case.request)
        assert api.submit(case.request).id == "task-1"


@pytest.mark.parametrize(
    ("name", "code", "hint"),
    [
        *((name, code, f"use {use} ") for name in APIS for code, use in payloads.of(name).instead.items()),
        ("kie", 7, "use one like 401, 402, 404, 422, 429, 455, 500, or name a status"),
        ("native", 418, "use one like 1102, 1202, 1201, 5001, 5000, 1103, or"),
    ],
)
@pytest.mark.parametrize("operation", ["create", "query"])
def test_a_code_of_another_api_is_refused_where_it_is_planned(name, code, hint, operation):
    """With the code that means the same in this one, which can be planned."""
    routes = getattr(Router(), name)
    with pytest.raises(ValueError, match=f"code: {name} has no {code}; {hint}"):
        routes.refuse(code, operation)
    if other := payloads.of(name).instead.get(code):
        routes.refuse(other, operation)
    routes.refuse(code, operation, status=200)


def test_an_api_error_of_a_query(kie, router):
    router.kie.create().refuse(429, "query")
    with pytest.raises(RateLimited):
        kie.get(kie.submit(Kling25TurboPro(prompt="a")))


@pytest.mark.anyio
async def test_an_asynchronous_client_gets_the_responses_too(case, router):
    getattr(router, case.name).create().query(video=[VIDEO, VIDEO])
    async with AsyncClient(case.make(KEY, f"https://{case.name}.test")) as api:
        task = await api.generate(case.request)
    assert len(task.videos) == 2


def test_an_exception_can_be_planned(kie, router):
    router.kie.respond("query", httpx.ConnectError("no route"))
    router.kie.create()
    ref = kie.submit(Kling25TurboPro(prompt="a"))
    with pytest.raises(NetworkError):
        kie.get(ref)
    assert router.exchanges[-1].response is None


def test_invalid_plans():
    with pytest.raises(ValueError, match="operation: one of create, query, upload, not 'queri'"):
        Router().kie.refuse(429, "queri")  # type: ignore[arg-type]  # a wrong one, on purpose
    with pytest.raises(ValueError, match="operation: one of create, query, not 'queri'"):
        Router().native.refuse(1302, "queri")  # type: ignore[arg-type]
    for prefix in ("ai", "/a/../b", "/ai?b"):
        with pytest.raises(ValueError, match=r"prefix: a percent-encoded path .*, not '"):
            Router().kie.prefix = prefix
