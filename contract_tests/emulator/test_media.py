"""The films: what was asked for, playable, each task's own, in whole or in part."""

import io
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import httpx
import pytest

from contract_tests.emulator.kit import KLING_21, KLING_25, KLING_26, Api, Kie, Native, Relay, every_api
from klingkit import emulator as package
from klingkit.emulator import AfterQueries, Label, read_label

Kind = type[Api]

FILMS = Path(package.__file__).parent / "tasks" / "videos"
FRAME = 1 / 24
SIZES = {
    "1:1": (360, 360),
    "16:9": (640, 360),
    "9:16": (360, 640),
    "3:2": (540, 360),
    "2:3": (360, 540),
    "4:3": (480, 360),
    "3:4": (360, 480),
}
THREE = ("1:1", "16:9", "9:16")

ORDERS: list[tuple[Kind, str, dict[str, Any], str, int, bool]] = [  # API, model, fields, ratio, seconds, sound
    *(
        (Kie, KLING_26, {"aspect_ratio": ratio, "duration": str(seconds), "sound": sound}, ratio, seconds, sound)
        for ratio in THREE
        for seconds in (5, 10)
        for sound in (True, False)
    ),
    *((Kie, KLING_25, {"aspect_ratio": ratio}, ratio, 5, False) for ratio in THREE),
    (Kie, KLING_25, {"duration": "10"}, "16:9", 10, False),
    (Kie, KLING_25, {}, "16:9", 5, False),
    (Kie, KLING_21, {}, "16:9", 5, False),
    (Kie, KLING_21, {"duration": "10"}, "16:9", 10, False),
    *(
        (kind, kind.models[0], {"aspect_ratio": ratio, "duration": seconds}, ratio, int(seconds), False)
        for kind, ratios in ((Native, (*SIZES,)), (Relay, THREE))
        for ratio in ratios
        for seconds in (5, "10")
    ),
    *((kind, model, {}, "16:9", 5, False) for kind in (Native, Relay) for model in kind.models),
]


@pytest.fixture
def api() -> Api:
    return Kie()


@pytest.mark.parametrize(("kind", "model", "given", "ratio", "seconds", "sound"), ORDERS)
def test_a_film_plays_and_is_what_was_asked_for(
    kind: Kind, model: str, given: dict[str, object], ratio: str, seconds: int, *, sound: bool
) -> None:
    api = kind()
    film = api.film(api.make(kind.body(model, **given)))
    with av.open(io.BytesIO(film.content), "r") as container:
        (picture,) = container.streams.video
        assert container.duration is not None
        assert container.duration / 1_000_000 == pytest.approx(seconds, abs=FRAME)
        assert (picture.codec_context.name, picture.format.name) == ("h264", "yuv420p")
        assert (picture.width, picture.height) == SIZES[ratio]
        assert Fraction(picture.width, picture.height) == Fraction(ratio.replace(":", "/"))
        assert [track.codec_context.name for track in container.streams.audio] == ["aac"] * sound
        for stream in container.streams:
            assert stream.duration is not None
            assert stream.time_base is not None
            assert float(stream.duration * stream.time_base) == pytest.approx(seconds, abs=FRAME)
        assert sum(1 for _ in container.decode(video=0)) == seconds * 24
        if sound:
            container.seek(0)
            assert sum(frame.samples for frame in container.decode(audio=0)) >= seconds * 16_000


def colour(path: Path) -> tuple[int, ...]:
    with av.open(str(path), "r") as container:
        return tuple(bytes(plane)[0] for plane in next(container.decode(video=0)).planes)


def test_a_person_sees_which_film_it_is() -> None:
    """Ratio and duration each have a colour of their own; sound is heard."""
    films = [path for path in FILMS.glob("*.mp4") if "sound" not in path.name]
    assert len({colour(path) for path in films}) == len(films) == 14


def test_the_films_are_small_and_start_before_they_are_loaded() -> None:
    contents = [path.read_bytes() for path in FILMS.iterdir()]
    assert len(contents) == 20
    assert sum(map(len, contents)) < 400_000
    assert all(content.index(b"moov") < content.index(b"mdat") for content in contents)


@every_api
def test_each_film_says_whose_it_is(kind: Kind, tmp_path: Path) -> None:
    api = kind()
    tasks = {api.make(prompt=prompt): prompt for prompt in ("雨中的猫", 'a "dog"\n</script>')}
    for task_id, prompt in tasks.items():
        film = api.film(task_id).content
        (tmp_path / "film.mp4").write_bytes(film)
        label = Label(task_id=task_id, model=kind.models[-1], prompt=prompt)
        assert read_label(film) == read_label(tmp_path / "film.mp4") == read_label(str(tmp_path / "film.mp4")) == label


def test_a_film_without_its_label_is_noticed(api: Api) -> None:
    film = api.film(api.make()).content
    bare = (FILMS / "16x9-5s.mp4").read_bytes()
    box = b"\0\0\0\x0a" + b"free[]"
    for data in (
        b"",
        b"abc",
        bare,
        film[:-1],
        film[: len(bare) + 4],
        bare + b"\0\0\0\x08free",
        bare + box,
        film + b"\0",
    ):
        with pytest.raises(ValueError, match="no label: "):
            read_label(data)


@every_api
def test_a_film_is_there_once_its_task_has_succeeded_and_needs_no_key(kind: Kind) -> None:
    api = kind.on(AfterQueries(9))
    waiting, failed, done = api.make(), api.make(), api.make()
    api.emulator.fail_task(failed)
    api.emulator.finish_task(done)
    path = "/media/{}.mp4".format
    answers = [api.ask("GET", path(task_id)) for task_id in (waiting, failed, done, "x")]
    assert [answer.status_code for answer in answers] == [404, 404, 200, 404]
    assert api.ask("GET", path(done), headers={"Authorization": ""}).status_code == 200


@pytest.fixture
def film(api: Api) -> httpx.Response:
    return api.film(api.make())


def test_the_headers_say_what_a_downloader_needs(api: Api, film: httpx.Response) -> None:
    assert film.headers["Content-Type"] == "video/mp4"
    assert film.headers["Content-Length"] == str(len(film.content))
    assert film.headers["Accept-Ranges"] == "bytes"
    assert film.headers["ETag"].strip('"')
    assert film.headers["Last-Modified"] == "Mon, 01 Dec 2025 00:00:00 GMT"
    assert api.film(api.make()).headers["ETag"] != film.headers["ETag"]
    head = api.ask("HEAD", film.url.path, headers={"Range": "bytes=0-1"})
    assert (head.status_code, head.content) == (200, b"")
    assert dict(head.headers) == dict(film.headers)


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=10-19", 10, 20),
        ("Bytes=10-19", 10, 20),
        ("bytes=10-", 10, None),
        ("bytes=10-999999999", 10, None),
        ("bytes=-10", -10, None),
        ("bytes=-999999999", 0, None),
        ("bytes=0-", 0, None),
    ],
)
def test_a_range_is_a_part_of_the_film(
    api: Api, film: httpx.Response, asked: str, start: int, stop: int | None
) -> None:
    size = len(film.content)
    begin, end, _ = slice(start, stop).indices(size)
    part = api.ask("GET", film.url.path, headers={"Range": asked})
    assert (part.status_code, part.content) == (206, film.content[start:stop])
    assert part.headers["Content-Range"] == f"bytes {begin}-{end - 1}/{size}"
    assert part.headers["Content-Length"] == str(end - begin)
    assert part.headers["ETag"] == film.headers["ETag"]


@pytest.mark.parametrize("asked", ["bytes=-0", "bytes={size}-", "bytes=999999999-", "bytes=999999999-9999999999"])
def test_a_range_past_the_end_is_refused(api: Api, film: httpx.Response, asked: str) -> None:
    size = len(film.content)
    answer = api.ask("GET", film.url.path, headers={"Range": asked.format(size=size)})
    assert answer.status_code == 416
    assert answer.headers["Content-Range"] == f"bytes */{size}"


@pytest.mark.parametrize(
    "asked",
    [
        "",
        "bytes",
        "bytes=",
        "bytes=-",
        "bytes=5-4",
        "bytes=a-b",
        "items=0-1",
        "bytes=0-1,5-6",
        "bytes=0-1x",
        "bytes=" + "1" * 5000 + "-",
    ],
)
def test_what_is_no_single_range_is_ignored(api: Api, film: httpx.Response, asked: str) -> None:
    answer = api.ask("GET", film.url.path, headers={"Range": asked})
    assert (answer.status_code, answer.content) == (200, film.content)


def test_a_range_is_given_only_of_the_film_that_is_meant(api: Api, film: httpx.Response) -> None:
    def ask(unchanged: str) -> httpx.Response:
        return api.ask("GET", film.url.path, headers={"Range": "bytes=0-1", "If-Range": unchanged})

    assert ask(film.headers["ETag"]).status_code == ask(film.headers["Last-Modified"]).status_code == 206
    for other in ('"another"', f"W/{film.headers['ETag']}", "Sun, 30 Nov 2025 00:00:00 GMT", ""):
        assert (ask(other).status_code, ask(other).content) == (200, film.content)


def test_a_download_can_be_put_together_from_parts(api: Api, film: httpx.Response) -> None:
    parts = [api.ask("GET", film.url.path, headers={"Range": f"bytes={at}-{at + 999}"}) for at in range(0, 6000, 1000)]
    assert b"".join(part.content for part in parts if part.status_code == 206) == film.content


@every_api
def test_a_result_is_on_the_host_that_was_asked(kind: Kind) -> None:
    api = kind()
    task_id = api.make()
    answer = api.ask("GET", kind.path_of(task_id), headers={"Host": "localhost:8900"})
    assert kind.url(kind.data(answer)) == f"http://localhost:8900/media/{task_id}.mp4"
