"""Tests of planned responses: the router makes them from plain arguments, and the client reads them back."""

from __future__ import annotations

import httpx
import pytest

from contract_tests.support.apis import ALL_APIS
from contract_tests.support.kie import API_KEY
from contract_tests.testing.clients import client_of
from klingkit import AsyncClient, InsufficientCredit, NetworkError, RateLimited, TaskFailed, TaskRef
from klingkit._base import APIS
from klingkit.kie import Kling25TurboPro
from klingkit.testing import Router
from klingkit.testing import _payloads as payloads

VIDEO = "https://media.test/cat.mp4"


def test_states_are_given_one_after_the_other(api_case, router):
    routes, states = getattr(router, api_case.name), payloads.of(api_case.name).words
    routes.create(task_id="t-7").query(
        states["queued"],
        api_case.vendor_states["running"],
        states["succeeded"],
        video=VIDEO,
    )
    with client_of(api_case) as api:
        ref = api.submit(api_case.request)
        tasks = [api.get(ref) for _ in range(4)]
    assert ref.id == "t-7"
    assert [task.status for task in tasks] == ["queued", "running", "succeeded", "succeeded"]
    assert [[video.url for video in task.videos] for task in tasks] == [[], [], [VIDEO], [VIDEO]]
    assert [(exchange.api, exchange.operation) for exchange in router.exchanges] == [
        (api_case.name, "create"),
        *[(api_case.name, "query")] * 4,
    ]


def test_each_task_has_its_own_id(api_case, router):
    getattr(router, api_case.name).create().query()
    with client_of(api_case) as api:
        first, second = api.submit(api_case.request), api.submit(api_case.request)
        assert (first.id, second.id) == ("task-1", "task-2")
        assert api.get(second).ref == second
        assert api.get(second).status == "succeeded"


def test_a_failure_has_its_reason(api_case, router):
    getattr(router, api_case.name).create().query(payloads.of(api_case.name).words["failed"], reason="too many cats")
    with client_of(api_case) as api, pytest.raises(TaskFailed, match="too many cats"):
        api.generate(api_case.request)


def test_every_known_state_has_its_video_or_reason(api_case, router):
    forms = payloads.of(api_case.name)
    known = {state: forms.status_of(state) for state in forms.states}
    getattr(router, api_case.name).query(*known, "brand-new", video=VIDEO, reason="why", unlisted=True)
    with client_of(api_case) as api:
        tasks = [api.get(TaskRef(api_case.name, api_case.ref.route, "t-7")) for _ in range(len(known) + 1)]
    assert [task.status for task in tasks] == [*known.values(), "failed" if api_case.name == "kie" else "running"]
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
    (api_case,) = [exchange for exchange in ALL_APIS if exchange.name == name]
    getattr(router, name).refuse(code, status=status, message="poor").create()
    with client_of(api_case) as api:
        with pytest.raises(InsufficientCredit, match="poor"):
            api.submit(api_case.request)
        assert api.submit(api_case.request).id == "task-1"


@pytest.mark.parametrize(
    ("name", "code", "hint"),
    [
        *((name, code, f"use {use} ") for name in APIS for code, use in payloads.of(name).equivalent_codes.items()),
        ("kie", 7, "use one like 401, 402, 404, 422, 429, 455, 500, or name a status"),
        ("native", 418, "use one like 1102, 1202, 1201, 5001, 5000, 1103, or"),
    ],
)
@pytest.mark.parametrize("operation", ["create", "query"])
def test_a_code_of_another_api_is_refused_where_it_is_planned(name, code, hint, operation):
    """The error names a code of this API with the same meaning, which can be planned."""
    routes = getattr(Router(), name)
    with pytest.raises(ValueError, match=f"code: {name} has no {code}; {hint}"):
        routes.refuse(code, operation)
    if other := payloads.of(name).equivalent_codes.get(code):
        routes.refuse(other, operation)
    routes.refuse(code, operation, status=200)


def test_an_api_error_of_a_query(kie, router):
    router.kie.create().refuse(429, "query")
    with pytest.raises(RateLimited):
        kie.get(kie.submit(Kling25TurboPro(prompt="a")))


@pytest.mark.anyio
async def test_an_asynchronous_client_gets_the_responses_too(api_case, router):
    getattr(router, api_case.name).create().query(video=[VIDEO, VIDEO])
    async with AsyncClient(api_case.make(API_KEY, f"https://{api_case.name}.test")) as api:
        task = await api.generate(api_case.request)
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
        Router().kie.refuse(429, "queri")  # type: ignore[arg-type]  # invalid on purpose
    with pytest.raises(ValueError, match="operation: one of create, query, not 'queri'"):
        Router().native.refuse(1302, "queri")  # type: ignore[arg-type]  # invalid on purpose
    for prefix in ("ai", "/a/../b", "/ai?b"):
        with pytest.raises(ValueError, match=r"prefix: a percent-encoded path .*, not '"):
            Router().kie.prefix = prefix
