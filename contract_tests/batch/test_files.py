"""Files of jobs: what is read, and how each mistake is named before anything is paid."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from klingkit import InvalidRequest
from klingkit.batch import Entry, read_jobs
from klingkit.kie import Job, Kling26TextToVideo
from klingkit.native import Text2Video

MODEL = "kling-2.6/text-to-video"
CAT: dict[str, Any] = {"prompt": "a cat", "sound": False, "aspect_ratio": "1:1", "duration": "5"}


def lines(*records: Any) -> str:
    return "\n".join(json.dumps(record, ensure_ascii=False) for record in records)


@pytest.fixture
def read(tmp_path: Path) -> Any:
    """Return what reads a text as a file."""

    def read_(text: str | bytes, name: str = "jobs.jsonl", api: Any = "kie", **options: Any) -> list[Entry]:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_jobs(path, api, **{"model": MODEL, **options})

    return read_


def test_a_job_has_a_request_a_key_and_a_file(read):
    (entry,) = read(lines({"key": "order 1", **CAT}))
    assert entry == Entry(
        key="order 1", line=1, model=MODEL, request=Kling26TextToVideo(**CAT), output="order_1.mp4", estimate=55.0
    )


def test_keys_are_made_of_requests_so_that_a_file_may_grow(read):
    first = [entry.key for entry in read(lines(CAT, CAT))]
    second = [entry.key for entry in read(lines({**CAT, "prompt": "a dog"}, CAT, CAT))]
    assert first == second[1:]
    assert first[1] == f"{first[0]}-2"


def test_a_record_may_name_its_model_and_its_file(read):
    entries = read(
        lines({"key": "a", "model": "kling-9", "prompt": "x", "output": "out/{key}.mp4"}, {"key": "b", **CAT}).replace(
            "kling-9", "kling-3.0-omni/text-to-video"
        ),
        output=None,
    )
    assert isinstance(entries[0].request, Job)
    assert [entry.output for entry in entries] == ["out/a.mp4", None]
    assert entries[0].estimate is None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_table_in_each_encoding(read, encoding):
    text = 'key,prompt,sound,duration,aspect_ratio\r\n一,"猫, 雨",yes,5,16:9\r\n\r\n二,狗,FALSE,10,\r\n'
    entries = read(text.encode(encoding), "jobs.csv")
    assert [entry.request for entry in entries] == [
        Kling26TextToVideo(prompt="猫, 雨", sound=True, duration="5", aspect_ratio="16:9"),
        Kling26TextToVideo(prompt="狗", sound=False, duration="10", aspect_ratio="1:1"),
    ]
    assert [entry.line for entry in entries] == [2, 4]


def test_cells_of_numbers_objects_and_lists(read):
    table = "prompt,mode,cfg_scale,duration,camera_control.type\na cat,std,0.7,5,down_back\n"
    (entry,) = read(table, "jobs.csv", "native", model="kling-v1-6")
    assert isinstance(entry.request, Text2Video)
    assert (entry.request.mode, entry.request.cfg_scale, entry.request.duration) == ("std", 0.7, 5)
    assert entry.request.to_dict()["camera_control"] == {"type": "down_back"}
    table = "prompt,image_urls,count\na cat,http://a.test/1.png,many\n"
    (entry,) = read(table, "jobs.csv", model="kling-3.0-omni/text-to-video")
    assert entry.request.input == {"prompt": "a cat", "image_urls": "http://a.test/1.png", "count": "many"}
    table = "prompt,image_urls,sound,duration,mode,multi_shots\na,http://a.test/1.png,true,5,std,false\n"
    (entry,) = read(table, "jobs.csv", model="kling-3.0/video")
    assert list(entry.request.image_urls) == ["http://a.test/1.png"]


@pytest.mark.parametrize(
    ("text", "name", "problem"),
    [
        (lines(CAT, {**CAT, "duration": "7"}), "j.jsonl", r"line 2: duration must be one of '5', '10', not '7'"),
        (lines({**CAT, "durtion": "5"}), "j.jsonl", "line 1: .*durtion"),
        (lines({"model": 5}), "j.jsonl", "line 1: model: the name of a model, not 5"),
        (lines({"model": "kling-99"}), "j.jsonl", "line 1: model: one that is known"),
        (lines({"key": 5, **CAT}), "j.jsonl", "line 1: key: a text, not 5"),
        (lines({"output": 5, **CAT}), "j.jsonl", "line 1: output: a path"),
        (lines({"key": "a", **CAT}, {"key": "a", **CAT}), "j.jsonl", "line 2: key: one that line 1 does not have"),
        (lines({"key": "a b", **CAT}, {"key": "a_b", **CAT}), "j.jsonl", "line 2: output: one that line 1 does not"),
        (lines({"a": 1, "a.b": 2}), "j.jsonl", "line 1: a.b: no field beside 'a'"),
        ('{"prompt": "a", "prompt": "b"}', "j.jsonl", "line 1: no JSON: a field is given twice"),
        ("{", "j.jsonl", "line 1: no JSON"),
        ("[]", "j.jsonl", r"line 1: an object, not \[\]"),
        ("\n\n", "j.jsonl", "at least one job"),
        ("", "j.csv", "at least one job"),
        (b"\xff\xff", "j.jsonl", "UTF-8 or GB18030"),
        ("prompt,prompt\n", "j.csv", "line 1: a column is given twice"),
        ("prompt\na,b\n", "j.csv", "line 2: 2 values, and the first line has 1 names"),
        ('prompt\n"a"b\n', "j.csv", "line 2: no CSV"),
        (lines(*[{}] * 30), "j.jsonl", "30 of its lines cannot be used; nothing was paid; line 1: .*; and 10 more"),
    ],
)
def test_a_mistake_is_named_with_line_and_field(read, text, name, problem):
    with pytest.raises(InvalidRequest, match=problem):
        read(text, name)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(InvalidRequest, match="No such file"):
        read_jobs(tmp_path / "none.jsonl", "kie")
