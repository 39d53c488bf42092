"""The router: every request and response is checked against the spec, and violations are reported."""

from __future__ import annotations

import anyio.lowlevel
import httpx
import pytest
import respx

from contract_tests.support.apis import RELAY
from contract_tests.support.kie import KEY
from contract_tests.support.limits import longest
from contract_tests.testing.clients import client
from klingkit import AsyncClient, Client, Fixed, SubmissionUncertain
from klingkit._base import APIS
from klingkit._text import printable
from klingkit.emulator import Emulator
from klingkit.kie import Job, Kie, Kling25TurboPro
from klingkit.testing import Router

VIDEO = "https://media.test/cat.mp4"
CREATE = "https://kie.test/api/v1/jobs/createTask"
LONGEST = longest("kling/v2-5-turbo-text-to-video-pro")
BEARER = {"Authorization": f"Bearer {KEY}"}


def test_others_responds_for_other_hosts(router):
    router.others.get(VIDEO).respond(200, content=b"video")
    assert httpx.get(VIDEO).content == b"video"


@pytest.mark.anyio
async def test_a_side_effect_of_others_may_be_asynchronous(router):
    async def video(_: httpx.Request) -> httpx.Response:
        await anyio.lowlevel.checkpoint()
        return httpx.Response(200, content=b"video")

    router.others.get(VIDEO).mock(side_effect=video)
    async with httpx.AsyncClient() as http:
        assert (await http.get(VIDEO)).content == b"video"
        with pytest.raises(AssertionError, match="not an operation"):
            await http.get(f"{VIDEO}.gif")
    with pytest.raises(AssertionError, match="not an operation"):
        router.check()


def fetch_by_respx(mock) -> None:
    mock.get(VIDEO).respond(200, content=b"video")
    assert httpx.get(VIDEO).content == b"video"


def test_an_inner_mock_of_respx_responds_too(kie, router):
    router.kie.create()
    with respx.mock as mock:
        fetch_by_respx(mock)
        assert kie.submit(Kling25TurboPro(prompt="a")).id == "task-1"
        assert "not an operation" in violating(router, lambda: httpx.get("https://media.test/"))


def test_an_outer_mock_of_respx_responds_too(kie):
    with respx.mock as mock, Router() as router:
        fetch_by_respx(mock)
        router.kie.create()
        assert kie.submit(Kling25TurboPro(prompt="a")).id == "task-1"


def test_a_request_that_respx_would_get_is_checked(router):
    url = "https://kie.test/api/v1/jobs/createTask"
    with respx.mock as mock:
        mock.post(url).respond(200, json={"code": 200})
        assert "headers.authorization: is missing" in violating(router, lambda: httpx.post(url, json={}))
        assert not mock.calls


@pytest.mark.anyio
async def test_the_inner_router_goes_first(kie, router):
    router.kie.create("outer").query()
    router.others.get(VIDEO).respond(200, content=b"video")
    with Router() as inner:
        inner.kie.create("inner")
        ref = kie.submit(Kling25TurboPro(prompt="a"))
        assert (ref.id, kie.get(ref).status) == ("inner", "succeeded")
        async with httpx.AsyncClient() as http:
            assert (await http.get(VIDEO)).content == b"video"
    assert kie.submit(Kling25TurboPro(prompt="a")).id == "outer"
    assert [len(each.exchanges) for each in (router, inner)] == [2, 1]


def test_an_error_has_earlier_violations_as_notes():
    with pytest.raises(RuntimeError, match="503") as caught, Router():
        swallowed()
    (note,) = caught.value.__notes__
    assert note.startswith("klingkit_router saw before:\nGET https://kie.test/")


def test_a_relay_below_a_prefix(router):
    router.relay.prefix = "/ai"
    router.relay.create()
    with Client(RELAY.make(KEY, "https://gateway.test/ai")) as api:
        assert api.submit(RELAY.request).id == "task-1"
    assert "path: is not an operation" in violating(router, lambda: client(RELAY).submit(RELAY.request))


def test_requests_that_pass_through_are_checked(router):
    """Against the specs, as all others; the emulator's control paths are exempt."""
    with Emulator().serve() as url:
        router.pass_through(url)
        with Client(Kie(KEY, url)) as api:
            ref = api.submit(Kling25TurboPro(prompt="a"))
            assert api.get(ref).status == "succeeded"
            violation = violating(router, lambda: api.submit(Job(model="kling/v2-5-turbo-text-to-video-pro", input={})))
        assert violation == f"POST {url}/api/v1/jobs/createTask\n  input.prompt: is missing"
        assert httpx.get(f"{url}/_emulator/state").status_code == 200
        assert "not an operation" in violating(router, lambda: httpx.get(f"{url}0/_emulator/state"))
    assert [(one.operation, one.response) for one in router.exchanges] == [("create", None), ("query", None)]


@pytest.mark.parametrize("url", ["127.0.0.1:9", "", "/kling"])
def test_an_invalid_base_url_cannot_pass_through(url):
    with pytest.raises(ValueError, match=r"base_url: an absolute http or https URL .*, not '"):
        Router().pass_through(url)


def test_a_response_of_others_is_checked(kie, router):
    router.others.post(CREATE).respond(200, json={"code": 200, "msg": "", "data": {"taskId": "t-1"}})
    assert kie.submit(Kling25TurboPro(prompt="a")).id == "t-1"
    assert [one.response.json()["data"]["taskId"] for one in router.exchanges] == ["t-1"]
    router.others.post(CREATE).respond(200, json={"nonsense": 1})
    assert "response: code: is missing" in violating(router, lambda: kie.submit(Kling25TurboPro(prompt="a")))


@pytest.mark.anyio
async def test_a_response_of_respx_is_checked(router):
    with respx.mock as mock:
        mock.post(CREATE).respond(200, json={"nonsense": 1})
        async with AsyncClient(Kie(KEY, "https://kie.test")) as api:
            with pytest.raises((AssertionError, SubmissionUncertain), match="mocked response: code: is missing"):
                await api.submit(Kling25TurboPro(prompt="a"))
    with pytest.raises(AssertionError):
        router.check()


def test_pass_through_holds_below_its_path_only(router):
    router.pass_through("http://127.0.0.1:9/open/")
    with pytest.raises(httpx.ConnectError):
        httpx.get("http://127.0.0.1:9/open")
    with pytest.raises(httpx.ConnectError):
        httpx.get("http://127.0.0.1:9/open/more")
    assert "not an operation" in violating(router, lambda: httpx.get("http://127.0.0.1:9/opened"))


def test_a_route_of_others_may_pass_through(router):
    url = "http://127.0.0.1:9/api/v1/jobs/recordInfo?taskId=t-1"
    router.others.get(url).pass_through()
    with pytest.raises(httpx.ConnectError):
        httpx.get(url, headers=BEARER)
    assert [one.response for one in router.exchanges] == [None]


def violating(router: Router, send) -> str:
    """Send a request that violates the spec; return the violation, which the sender gets, and `check` reports once."""
    with pytest.raises((AssertionError, SubmissionUncertain)) as first:
        send()
    with pytest.raises(AssertionError) as second:
        router.check()
    assert str(second.value) in str(first.value) or printable(str(second.value), 200)[:-1] in str(first.value)
    router.check()
    return str(second.value)


def test_a_request_that_the_spec_forbids(kie, router):
    router.kie.create()
    job = Job(model="kling/v2-5-turbo-text-to-video-pro", input={"prompt": "x" * (LONGEST + 1), "sound": True})
    assert violating(router, lambda: kie.submit(job)) == (
        "POST https://kie.test/api/v1/jobs/createTask\n"
        f"  input.prompt: has {LONGEST + 1} characters, may have {LONGEST}\n"
        "  input.sound: is an unknown field"
    )


def test_an_unlisted_model_can_be_planned(kie, router):
    router.kie.create(unlisted=True).create()
    job = Job(model="kling-9/text-to-video", input={"prompt": "a cat"})
    assert kie.submit(job).id == "task-1"
    assert 'model: is "kling-9/text-to-video"' in violating(router, lambda: kie.submit(job))


def test_unlisted_does_not_excuse_a_documented_model(kie, router):
    router.kie.create(unlisted=True)
    job = Job(model="kling/v2-5-turbo-text-to-video-pro", input={"prompt": "a cat", "sound": True})
    assert "input.sound: is an unknown field" in violating(router, lambda: kie.submit(job))


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (
            {"json": {"model": "kling-9"}, "headers": {}},
            "headers.authorization: is missing, must be `Bearer` and the key",
        ),
        ({"content": b"{"}, "headers.content-type: is missing, must be application/json"),
        ({"content": b"{", "headers": {**BEARER, "Content-Type": "application/json"}}, "body: is not JSON"),
        ({"json": ["a"]}, 'body: is ["a"], must be an object'),
        ({"json": {"model": "kling-9"}, "params": {"key": "secret"}}, "query.key: is an unknown parameter"),
    ],
)
def test_an_unlisted_model_needs_a_key_and_a_json_object(request_, expected, router):
    router.kie.create(unlisted=True)
    url = "https://kie.test/api/v1/jobs/createTask"
    violation = violating(router, lambda: httpx.post(url, **{"headers": BEARER, **request_}))
    assert violation.splitlines()[1].startswith(f"  {expected}")
    assert len(violation.splitlines()) == 2


def test_a_request_without_a_key(router):
    router.kie.query()
    violation = violating(router, lambda: httpx.get("https://kie.test/api/v1/jobs/recordInfo?taskId=1&token=secret"))
    assert "headers.authorization: is missing" in violation
    assert "query.token: is an unknown parameter" in violation
    assert "secret" not in violation


def test_a_mocked_response_that_the_spec_forbids(kie, router):
    router.kie.create(task_id=7)
    violation = violating(router, lambda: kie.submit(Kling25TurboPro(prompt="a")))
    assert violation.endswith("  mocked response: data.taskId: is 7, must be a string or null")


def test_a_whole_response_is_checked_unless_checked_is_false(kie, router):
    html = httpx.Response(502, html="<h1>Bad gateway</h1>")
    router.kie.respond("create", html)
    violation = violating(router, lambda: kie.submit(Kling25TurboPro(prompt="a")))
    assert "mocked response: status: is 502" in violation
    router.native.respond("query", html, checked=False)
    response = httpx.get("https://n.test/v1/videos/text2video/t-1", headers={"Authorization": "Bearer k"})
    assert (response.status_code, response.text) == (502, "<h1>Bad gateway</h1>")


def test_a_request_without_a_planned_response(kie, router):
    violation = violating(router, lambda: kie.submit(Kling25TurboPro(prompt="a")))
    assert violation.endswith("  no response is planned: router.kie.create(...)")


NAMES = f"{', '.join(APIS[:-1])} or {APIS[-1]}"


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/", f"path: is not an operation of {NAMES}, nor a route of `others`"),
        ("POST", "/api/v1/jobs/cancelTask", f"path: is not an operation of {NAMES}, nor a route of `others`"),
        ("GET", "/api/v1/jobs/createTask", "method: is GET, must be POST at this path"),
        ("POST", "/kling/v1/videos/text2video/t-1", "method: is POST, must be GET at this path"),
    ],
)
def test_an_unknown_path_or_method(method, path, expected, router):
    violation = violating(router, lambda: httpx.request(method, f"https://kie.test{path}?key=secret"))
    assert violation == f"{method} https://kie.test{path}\n  {expected}"


def swallowed() -> None:
    try:
        httpx.get("https://kie.test/")
    except Exception as error:
        raise RuntimeError("503") from error


def test_a_swallowed_violation_is_raised_on_leaving():
    with pytest.raises(AssertionError, match="path: is not an operation"), Router(), pytest.raises(RuntimeError):
        swallowed()


def test_a_client_that_would_query_for_ever_is_stopped(kie):
    """A wait continues through network errors, but a violation ends it."""
    router = Router()
    router.kie.create()
    with pytest.raises(AssertionError, match=r"no response is planned: router\.kie\.query"), router:
        kie.generate(Kling25TurboPro(prompt="a"), polling=Fixed(0.01))


def test_nothing_is_mocked_after_it():
    with Router():
        pass
    with pytest.raises(httpx.ConnectError):
        httpx.get("http://127.0.0.1:9/")
