"""Keys, paths, methods; many threads at once."""

import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anyio
import httpx
import pytest

from contract_tests.emulator.kit import APIS, Api, Kie, Native, Relay, every_api
from klingkit import emulator as emulator_package
from klingkit.emulator import AfterQueries, Emulator, VirtualClock, read_label

Kind = type[Api]

HEADERS = [  # Authorization, what is wrong with it
    ("", "no key"),
    *((header, "odd key") for header in ("Bearer", "Bearer ", "a-key", "Basic a-key", "Bearer a key", "Bearer \xe9")),
    *((header, "unknown key") for header in ("Bearer a-key,", "Bearer wrong", "Bearer A-KEY")),
]


@every_api
@pytest.mark.parametrize(("header", "problem"), HEADERS)
@pytest.mark.parametrize("method", ["POST", "GET"])
def test_without_a_known_key_nothing_is_answered(kind: Kind, method: str, header: str, problem: str) -> None:
    api = kind(Emulator(keys={"a-key"}))
    path = kind.create_path if method == "POST" else kind.query_path
    answer = api.ask(method, path, headers={"Authorization": header.encode("latin-1")})
    assert api.message(answer, problem)
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@every_api
@pytest.mark.parametrize("header", ["Bearer a-key", "bearer a-key", "Bearer  a-key"])
def test_a_known_key_is_let_in(kind: Kind, header: str) -> None:
    api = kind(Emulator(keys=["a-key"]))
    answer = api.ask("POST", kind.create_path, json=kind.body(), headers={"Authorization": header})
    assert kind.id_in(answer)


@every_api
def test_any_key_will_do_unless_keys_are_named(kind: Kind) -> None:
    assert kind(Emulator(), "whatever:it/is").make()


OPERATIONS = {
    Kie: "it has POST /api/v1/jobs/createTask, GET /api/v1/jobs/recordInfo, POST /api/v1/common/download-url, "
    "GET /api/v1/chat/credit",
    Native: "it has POST /v1/videos/text2video, GET /v1/videos/text2video/{task_id}",
    Relay: "it has POST /kling/v1/videos/text2video, GET /kling/v1/videos/text2video/{task_id}",
}
PATHS = [
    *((Kie, path) for path in ("/api/", "/api/v1", "/api/v1/jobs", "/api/v2/jobs/x")),
    *((Native, path) for path in ("/v1/", "/v1/videos", "/v1/videos/text2video/a/b", "/v1/videos/image2video")),
    *((Native, path) for path in ("/v1/videos/text2video/a%2Fb/c", "/v1/%00")),
    *((Relay, path) for path in ("/kling/", "/kling/v1/videos/image2video")),
]
SURPLUS = [  # the path, what is too much, the path without it
    (Kie, "/api/v1/jobs/recordInfo/", "a slash", "/api/v1/jobs/recordInfo"),
    (Kie, "//api/v1/jobs/recordInfo", "a slash", "/api/v1/jobs/recordInfo"),
    (Kie, "/api/v1/api/v1/jobs/recordInfo", "/api/v1", "/api/v1/jobs/recordInfo"),
    (Native, "//v1/videos/text2video", "a slash", "/v1/videos/text2video"),
    (Native, "/v1//videos/text2video", "a slash", "/v1/videos/text2video"),
    (Native, "/v1/v1/videos/text2video/x%2Fy", "/v1", "/v1/videos/text2video/x%2Fy"),
    (Native, "//v1//v1/videos/text2video", "/v1", "/v1/videos/text2video"),
    (Native, "/v1/kling/v1/videos/text2video", "/v1", "/kling/v1/videos/text2video"),
    (Relay, "/kling/kling/v1/videos/text2video", "/kling", "/kling/v1/videos/text2video"),
]


@pytest.mark.parametrize(("kind", "path"), PATHS)
def test_a_wrong_path_is_told_the_right_ones_in_the_words_of_the_api_around_it(kind: Kind, path: str) -> None:
    api = kind()
    told = api.message(api.ask("GET", path), "path")
    assert told == f"the emulator has no GET {path}; {OPERATIONS[kind]}"


@pytest.mark.parametrize(("kind", "path", "surplus", "meant"), SURPLUS)
def test_a_base_url_that_is_too_long_is_told_so(kind: Kind, path: str, surplus: str, meant: str) -> None:
    api = kind()
    told = api.message(api.ask("GET", path), "path")
    assert told.startswith(f"the emulator has no GET {path}: {surplus} is too much")
    assert told.endswith(f"the base URL is http://emulator, the path {meant}")


def test_not_all_of_a_long_path_is_said_again() -> None:
    api = Native()
    assert len(api.message(api.ask("GET", f"/v1/{'x/' * 5000}"), "path")) < 400


@pytest.mark.parametrize("path", ["/x", "/api", "/v1", "/kling", "//", "/%00", "/media/", "/KLING/x"])
def test_a_path_of_no_api_is_told_those_of_all_in_nobodys_words(path: str) -> None:
    answer = Kie().ask("GET", path)
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.text.startswith(f"the emulator has no GET {path}; it has POST {Kie.create_path}, ")
    assert all(f"POST {kind.create_path}, GET" in answer.text for kind in APIS)


def test_a_film_that_there_is_not_is_no_wrong_path() -> None:
    answer = Kie().ask("GET", "/media/x.mp4")
    assert (answer.status_code, answer.text) == (404, "there is no such file")


@every_api
@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE", "OPTIONS", "PATCH", "TRACE", "HEAD"])
def test_a_wrong_method_is_told_the_right_ones(kind: Kind, method: str) -> None:
    api = kind()
    for path, allowed in ((kind.create_path, {"POST"}), (kind.query_path, {"GET"})):
        answer = api.ask(method, path)
        if method in allowed:
            assert answer.status_code != 405
            continue
        assert answer.status_code == 405
        told = f"the emulator has no {method} {httpx.URL(path).path}; {OPERATIONS[kind]}"
        assert method == "HEAD" or api.message(answer, "method") == told
        assert set(answer.headers["Allow"].split(", ")) == allowed


def test_a_film_is_only_fetched() -> None:
    answer = Kie().ask("POST", "/media/x.mp4")
    assert (answer.status_code, answer.text) == (405, "Method Not Allowed")
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD"}


@every_api
@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_it_works_in_process_on_both_event_loops(kind: Kind, backend: str) -> None:
    api = kind()
    task_id = kind.id_in(api.ask("POST", kind.create_path, json=kind.body(), backend=backend))
    record = kind.data(api.ask("GET", kind.path_of(task_id), backend=backend))
    assert record[kind.state] == kind.words["succeeded"]


def test_a_sender_that_goes_away_is_no_accident() -> None:
    """The application answers into the void; an exception would be a traceback on somebody's screen."""
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"authorization", b"Bearer k"), (b"content-type", b"application/json")]
    scope = {"type": "http", "method": "POST", "path": Kie.create_path, "headers": headers, "query_string": b""}
    anyio.run(Emulator().app, scope, receive, send)
    assert sent[0]["status"] == 400


def client(url: str) -> httpx.Client:
    return httpx.Client(base_url=url, headers={"Authorization": "Bearer a-key"}, trust_env=False, timeout=10)


def test_it_is_served_on_a_free_port_and_gives_it_back() -> None:
    emulator = Emulator()
    with emulator.serve() as url, emulator.serve() as other, client(url) as http:
        assert url != other
        for kind in APIS:
            task_id = kind.id_in(http.post(kind.create_path, json=kind.body()))
            assert kind(emulator).states(task_id) == ["succeeded"]
            record = kind.data(http.get(kind.path_of(task_id)))
            assert kind.url(record) == f"{url}/media/{task_id}.mp4"
            assert http.get(kind.url(record)).headers["Content-Type"] == "video/mp4"
    with pytest.raises(httpx.ConnectError), client(url) as http:
        http.get(Kie.query_path)
    with emulator.serve(port=httpx.URL(url).port or 0) as again:
        assert again == url


def test_a_bad_host_header_does_not_bring_it_down() -> None:
    with Emulator().serve() as url:
        with client(url) as http:
            task_id = Kie.id_in(http.post(Kie.create_path, json=Kie.body(), headers={"Host": "a b[:c"}))
            answer = http.get(Kie.path_of(task_id), headers=[(b"Host", b"\xe9:99999999")])
        assert url in Kie.url(Kie.data(answer))


@every_api
def test_many_threads_at_once_each_get_their_own(kind: Kind) -> None:
    emulator = Emulator(finish=AfterQueries(2), clock=VirtualClock())

    def work(number: int) -> list[tuple[str, str, str]]:
        with client(url) as http:
            made = []
            for turn in range(10):
                prompt = f"{number}-{turn}"
                task_id = kind.id_in(http.post(kind.create_path, json=kind.body(prompt=prompt)))
                answers = [kind.data(http.get(kind.path_of(task_id))) for _ in range(2)]
                assert read_label(http.get(kind.url(answers[1])).content).prompt == prompt
                made.append((task_id, answers[0][kind.state], answers[1][kind.state]))
            return made

    with emulator.serve() as url, ThreadPoolExecutor(8) as pool:
        made = [row for rows in pool.map(work, range(8)) for row in rows]
    assert len({task_id for task_id, *_ in made}) == 8 * 10
    assert {tuple(states) for _, *states in made} == {(kind.words["running"], kind.words["succeeded"])}


def test_of_many_hands_one_ends_a_task() -> None:
    emulator = Emulator(finish=AfterQueries(99))
    task_id = Kie(emulator).make()
    barrier = threading.Barrier(8)

    def end(_: int) -> bool:
        barrier.wait(10)
        try:
            emulator.finish_task(task_id)
        except ValueError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(end, range(8))) == 1


@pytest.mark.parametrize("missing", ["starlette", "uvicorn"])
def test_without_its_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == missing or name.startswith("klingkit.emulator")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(ImportError, match=r"pip install klingkit\[emulator\]"):
        __import__("klingkit.emulator")


def test_what_it_holds_is_listed_and_nothing_else_is_there() -> None:
    assert "Emulator" in dir(emulator_package)
    assert all(getattr(emulator_package, name) for name in dir(emulator_package))
    with pytest.raises(AttributeError, match="no attribute 'Simulator'"):
        emulator_package.Simulator  # noqa: B018 - the access is the test
