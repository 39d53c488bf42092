"""The router: answers from plain words, and the spec's verdict on all that passes."""

from __future__ import annotations

from typing import Any

import anyio.lowlevel
import httpx
import pytest
import respx

from contract_tests.support.apis import ALL, ApiCase
from contract_tests.support.kie import KEY
from klingkit import (
    AsyncClient,
    Client,
    Fixed,
    InsufficientCredit,
    NetworkError,
    RateLimited,
    SubmissionUncertain,
    TaskFailed,
    TaskRef,
)
from klingkit.emulator import Emulator
from klingkit.kie import Job, Kie, Kling25TurboPro
from klingkit.testing import Router
from klingkit.testing import _payloads as payloads

VIDEO = "https://media.test/cat.mp4"
CREATE = "https://kie.test/api/v1/jobs/createTask"
BEARER = {"Authorization": f"Bearer {KEY}"}


def client(case: ApiCase) -> Client[Any]:
    return Client(case.make(KEY, f"https://{case.name}.test"))


@pytest.fixture
def router():
    with Router() as found:
        yield found


@pytest.fixture
def kie():
    (case,) = [one for one in ALL if one.name == "kie"]
    return client(case)


def test_a_task_from_plain_words(case, router):
    routes = getattr(router, case.name)
    routes.create(task_id="t-7").query(
        payloads.CREATED[case.name], case.words["running"], payloads.ENDED[case.name], video=VIDEO
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


def test_each_task_gets_an_id_and_each_query_its_own(case, router):
    getattr(router, case.name).create().query()
    with client(case) as api:
        first, second = api.submit(case.request), api.submit(case.request)
        assert (first.id, second.id) == ("task-1", "task-2")
        assert api.get(second).ref == second
        assert api.get(second).status == "succeeded"


def test_a_failure_has_its_reason(case, router):
    getattr(router, case.name).create().query(payloads.FAILED[case.name], reason="too many cats")
    with client(case) as api, pytest.raises(TaskFailed, match="too many cats"):
        api.generate(case.request)


def test_every_word_in_use_tells_what_it_should(case, router):
    """A video comes with all words for success, a reason with all for a failure: those that real servers use, too."""
    known = payloads.STATES[case.name]
    getattr(router, case.name).query(*known, "brand-new", video=VIDEO, reason="why", unlisted=True)
    with client(case) as api:
        tasks = [api.get(TaskRef(case.name, case.ref.route, "t-7")) for _ in range(len(known) + 1)]
    assert [task.status for task in tasks] == [*known.values(), "running"]
    assert [bool(task.videos) for task in tasks] == [task.status == "succeeded" for task in tasks]
    assert [task.failure is not None and task.failure.message == "why" for task in tasks] == [
        task.status == "failed" for task in tasks
    ]


def test_what_no_state_would_tell_is_refused(router):
    with pytest.raises(ValueError, match="state: one of waiting, queuing, generating, success, fail, not 'succes'"):
        router.kie.query("waiting", "succes")
    with pytest.raises(ValueError, match="video: told with success alone, not with waiting or fail"):
        router.kie.query("waiting", "fail", video=VIDEO)
    with pytest.raises(ValueError, match="reason: told with fail alone, not with success"):
        router.kie.query(reason="why")


@pytest.mark.parametrize(("name", "code"), [("kie", 402), ("native", 1102), ("relay", 1102)])
@pytest.mark.parametrize("status", [None, 200])
def test_a_refusal_by_status_or_by_code_alone(name, code, status, router):
    (case,) = [one for one in ALL if one.name == name]
    getattr(router, name).refuse(code, status=status, message="poor").create()
    with client(case) as api:
        with pytest.raises(InsufficientCredit, match="poor"):
            api.submit(case.request)
        assert api.submit(case.request).id == "task-1"


def test_a_query_can_be_refused(kie, router):
    router.kie.create().refuse(429, "query")
    with pytest.raises(RateLimited):
        kie.get(kie.submit(Kling25TurboPro(prompt="a")))


@pytest.mark.anyio
async def test_an_asynchronous_client_is_answered_too(case, router):
    getattr(router, case.name).create().query(video=[VIDEO, VIDEO])
    async with AsyncClient(case.make(KEY, f"https://{case.name}.test")) as api:
        task = await api.generate(case.request)
    assert len(task.videos) == 2


def test_an_error_can_be_planned(kie, router):
    router.kie.answer("query", httpx.ConnectError("no route"))
    router.kie.create()
    ref = kie.submit(Kling25TurboPro(prompt="a"))
    with pytest.raises(NetworkError):
        kie.get(ref)
    assert router.exchanges[-1].answer is None


def test_other_hosts_have_routes_of_their_own(router):
    router.others.get(VIDEO).respond(200, content=b"film")
    assert httpx.get(VIDEO).content == b"film"


@pytest.mark.anyio
async def test_others_may_be_asynchronous(router):
    async def film(_: httpx.Request) -> httpx.Response:
        await anyio.lowlevel.checkpoint()
        return httpx.Response(200, content=b"film")

    router.others.get(VIDEO).mock(side_effect=film)
    async with httpx.AsyncClient() as http:
        assert (await http.get(VIDEO)).content == b"film"
        with pytest.raises(AssertionError, match="no operation"):
            await http.get(f"{VIDEO}.gif")
    with pytest.raises(AssertionError, match="no operation"):
        router.check()


def film_by_respx(mock) -> None:
    mock.get(VIDEO).respond(200, content=b"film")
    assert httpx.get(VIDEO).content == b"film"


def test_a_mock_of_respx_within_it_answers_too(kie, router):
    router.kie.create()
    with respx.mock as mock:
        film_by_respx(mock)
        assert kie.submit(Kling25TurboPro(prompt="a")).id == "task-1"
        assert "no operation" in violating(router, lambda: httpx.get("https://media.test/"))


def test_so_does_one_around_it(kie):
    with respx.mock as mock, Router() as router:
        film_by_respx(mock)
        router.kie.create()
        assert kie.submit(Kling25TurboPro(prompt="a")).id == "task-1"


def test_what_respx_answers_for_an_api_is_held_against_the_spec(router):
    url = "https://kie.test/api/v1/jobs/createTask"
    with respx.mock as mock:
        mock.post(url).respond(200, json={"code": 200})
        assert "headers.authorization: is missing" in violating(router, lambda: httpx.post(url, json={}))
        assert not mock.calls


@pytest.mark.anyio
async def test_the_inner_of_two_routers_answers_first(kie, router):
    router.kie.create("outer").query()
    router.others.get(VIDEO).respond(200, content=b"film")
    with Router() as inner:
        inner.kie.create("inner")
        ref = kie.submit(Kling25TurboPro(prompt="a"))
        assert (ref.id, kie.get(ref).status) == ("inner", "succeeded")
        async with httpx.AsyncClient() as http:
            assert (await http.get(VIDEO)).content == b"film"
    assert kie.submit(Kling25TurboPro(prompt="a")).id == "outer"
    assert [len(each.exchanges) for each in (router, inner)] == [2, 1]


def test_an_error_notes_what_was_wrong_before_it():
    with pytest.raises(RuntimeError, match="503") as caught, Router():
        swallowed()
    (note,) = caught.value.__notes__
    assert note.startswith("klingkit_router saw before:\nGET https://kie.test/")


def test_a_relay_below_a_path(router):
    (case,) = [one for one in ALL if one.name == "relay"]
    router.relay.prefix = "/ai"
    router.relay.create()
    with Client(case.make(KEY, "https://gateway.test/ai")) as api:
        assert api.submit(case.request).id == "task-1"
    assert "path: is no operation" in violating(router, lambda: client(case).submit(case.request))


def test_a_server_of_the_tests_own_is_asked_after_all(router):
    """What the emulator would take is still held against the spec."""
    with Emulator().serve() as url:
        router.pass_through(url)
        with Client(Kie(KEY, url)) as api:
            ref = api.submit(Kling25TurboPro(prompt="a"))
            assert api.get(ref).status == "succeeded"
            told = violating(router, lambda: api.submit(Job(model="kling/v2-5-turbo-text-to-video-pro", input={})))
        assert told == f"POST {url}/api/v1/jobs/createTask\n  input.prompt: is missing"
        assert httpx.get(f"{url}/_emulator/state").status_code == 200
        assert "no operation" in violating(router, lambda: httpx.get(f"{url}0/_emulator/state"))
    assert [(one.operation, one.answer) for one in router.exchanges] == [("create", None), ("query", None)]


def test_plans_that_cannot_be_meant():
    for url in ("127.0.0.1:9", "", "/kling"):
        with pytest.raises(ValueError, match=r"base_url: an absolute http or https URL .*, not '"):
            Router().pass_through(url)
    with pytest.raises(ValueError, match="operation: one of create, query, not 'queri'"):
        Router().kie.refuse(429, "queri")  # type: ignore[arg-type]  # a wrong one, on purpose
    for prefix in ("ai", "/a/../b", "/ai?b"):
        with pytest.raises(ValueError, match=r"prefix: a path as it is sent, .*, not '"):
            Router().kie.prefix = prefix


def test_what_others_answer_for_an_api_is_held_against_the_spec(kie, router):
    router.others.post(CREATE).respond(200, json={"code": 200, "msg": "", "data": {"taskId": "t-1"}})
    assert kie.submit(Kling25TurboPro(prompt="a")).id == "t-1"
    assert [one.answer.json()["data"]["taskId"] for one in router.exchanges] == ["t-1"]
    router.others.post(CREATE).respond(200, json={"nonsense": 1})
    assert "answer: code: is missing" in violating(router, lambda: kie.submit(Kling25TurboPro(prompt="a")))


@pytest.mark.anyio
async def test_so_is_what_a_mock_of_respx_answers(router):
    with respx.mock as mock:
        mock.post(CREATE).respond(200, json={"nonsense": 1})
        async with AsyncClient(Kie(KEY, "https://kie.test")) as api:
            with pytest.raises((AssertionError, SubmissionUncertain), match="mocked answer: code: is missing"):
                await api.submit(Kling25TurboPro(prompt="a"))
    with pytest.raises(AssertionError):
        router.check()


def test_it_is_let_through_below_a_path_only(router):
    router.pass_through("http://127.0.0.1:9/open/")
    with pytest.raises(httpx.ConnectError):
        httpx.get("http://127.0.0.1:9/open")
    with pytest.raises(httpx.ConnectError):
        httpx.get("http://127.0.0.1:9/open/more")
    assert "no operation" in violating(router, lambda: httpx.get("http://127.0.0.1:9/opened"))


def test_others_may_pass_through(router):
    url = "http://127.0.0.1:9/api/v1/jobs/recordInfo?taskId=t-1"
    router.others.get(url).pass_through()
    with pytest.raises(httpx.ConnectError):
        httpx.get(url, headers=BEARER)
    assert [one.answer for one in router.exchanges] == [None]


def violating(router: Router, send) -> str:
    """What leaving the router tells, once; the sender was told the same, in its own words."""
    with pytest.raises((AssertionError, SubmissionUncertain)) as first:
        send()
    with pytest.raises(AssertionError) as second:
        router.check()
    assert str(second.value) in str(first.value)
    router.check()
    return str(second.value)


def test_a_request_that_the_spec_forbids(kie, router):
    router.kie.create()
    job = Job(model="kling/v2-5-turbo-text-to-video-pro", input={"prompt": "x" * 2501, "sound": True})
    assert violating(router, lambda: kie.submit(job)) == (
        "POST https://kie.test/api/v1/jobs/createTask\n"
        "  input.prompt: has 2501 characters, may have 2500\n"
        "  input.sound: is no field that is known here"
    )


def test_a_model_that_no_document_knows_may_be_planned_for(kie, router):
    router.kie.create(unlisted=True).create()
    job = Job(model="kling-9/text-to-video", input={"prompt": "a cat"})
    assert kie.submit(job).id == "task-1"
    assert 'model: is "kling-9/text-to-video"' in violating(router, lambda: kie.submit(job))


def test_a_model_that_is_documented_is_held_against_its_document_all_the_same(kie, router):
    router.kie.create(unlisted=True)
    job = Job(model="kling/v2-5-turbo-text-to-video-pro", input={"prompt": "a cat", "sound": True})
    assert "input.sound: is no field" in violating(router, lambda: kie.submit(job))


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (
            {"json": {"model": "kling-9"}, "headers": {}},
            "headers.authorization: is missing, must be `Bearer` and the key",
        ),
        ({"content": b"{"}, "headers.content-type: is missing, must be application/json"),
        ({"content": b"{", "headers": {**BEARER, "Content-Type": "application/json"}}, "body: is no JSON"),
        ({"json": ["a"]}, 'body: is ["a"], must be an object'),
        ({"json": {"model": "kling-9"}, "params": {"key": "secret"}}, "query.key: is no parameter"),
    ],
)
def test_what_holds_for_any_model_holds_for_one_that_no_document_knows(request_, expected, router):
    router.kie.create(unlisted=True)
    url = "https://kie.test/api/v1/jobs/createTask"
    told = violating(router, lambda: httpx.post(url, **{"headers": BEARER, **request_}))
    assert told.splitlines()[1].startswith(f"  {expected}")
    assert len(told.splitlines()) == 2


def test_a_request_without_its_key(router):
    router.kie.query()
    told = violating(router, lambda: httpx.get("https://kie.test/api/v1/jobs/recordInfo?taskId=1&token=secret"))
    assert "headers.authorization: is missing" in told
    assert "query.token: is no parameter" in told
    assert "secret" not in told


def test_a_mocked_answer_that_the_spec_forbids(kie, router):
    router.kie.create(task_id=7)
    told = violating(router, lambda: kie.submit(Kling25TurboPro(prompt="a")))
    assert told.endswith("  mocked answer: data.taskId: is 7, must be a string or null")


def test_a_raw_answer_is_checked_unless_told_otherwise(kie, router):
    html = httpx.Response(502, html="<h1>Bad gateway</h1>")
    router.kie.answer("create", html)
    told = violating(router, lambda: kie.submit(Kling25TurboPro(prompt="a")))
    assert "mocked answer: status: is 502" in told
    router.native.answer("query", html, checked=False)
    answer = httpx.get("https://n.test/v1/videos/text2video/t-1", headers={"Authorization": "Bearer k"})
    assert (answer.status_code, answer.text) == (502, "<h1>Bad gateway</h1>")


def test_what_is_not_planned(kie, router):
    told = violating(router, lambda: kie.submit(Kling25TurboPro(prompt="a")))
    assert told.endswith("  nothing is planned: router.kie.create(...)")


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/", "path: is no operation of kie, native or relay, and nothing in `others`"),
        ("POST", "/api/v1/jobs/cancelTask", "path: is no operation of kie, native or relay, and nothing in `others`"),
        ("GET", "/api/v1/jobs/createTask", "method: is GET, must be POST at this path"),
        ("POST", "/kling/v1/videos/text2video/t-1", "method: is POST, must be GET at this path"),
    ],
)
def test_what_is_no_operation(method, path, expected, router):
    told = violating(router, lambda: httpx.request(method, f"https://kie.test{path}?key=secret"))
    assert told == f"{method} https://kie.test{path}\n  {expected}"


def swallowed() -> None:
    try:
        httpx.get("https://kie.test/")
    except Exception as error:
        raise RuntimeError("503") from error


def test_a_swallowed_violation_is_raised_on_leaving():
    with pytest.raises(AssertionError, match="path: is no operation"), Router(), pytest.raises(RuntimeError):
        swallowed()


def test_a_client_that_would_ask_for_ever_is_stopped(kie):
    """A wait outlasts any error of the wire; the test does not wait for it."""
    router = Router()
    router.kie.create()
    with pytest.raises(pytest.fail.Exception, match=r"nothing is planned: router\.kie\.query"), router:
        kie.generate(Kling25TurboPro(prompt="a"), polling=Fixed(0.01))


def test_nothing_is_mocked_after_it():
    with Router():
        pass
    with pytest.raises(httpx.ConnectError):
        httpx.get("http://127.0.0.1:9/")
