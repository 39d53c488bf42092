"""Tests of `klingkit generate`: what is checked, estimated and asked before paying, and what is never lost after."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import httpx
import pytest
import respx

from contract_tests.support.uploads import PNG
from klingkit import Client, TaskRef
from klingkit.cli import _consent, _progress
from klingkit.emulator import AfterSeconds, Emulator, Fault, read_label
from klingkit_api.kie.requests import MODELS

TEXT_MODEL = "kling-2.6/text-to-video"
OMNI = ("--yes", "--model", "kling-3.0-omni/text-to-video")


def body_of(emulator: Emulator) -> dict[str, Any]:
    """Return the body of the newest creation."""
    created = [it.request.content for it in emulator.requests if it.operation == "create"]
    found: dict[str, Any] = json.loads(created[-1])
    return found


def input_of(emulator: Emulator) -> dict[str, object]:
    """Return the input of the newest task, as it was sent."""
    found: dict[str, object] = body_of(emulator)["input"]
    return found


def test_a_video_is_made_and_downloaded(run, emulator):
    result = run("generate", "a cat", "--sound", "--option", "duration=10", "--yes", "-o", "cat.mp4")
    assert (result.exit_code, result.stdout) == (0, "cat.mp4\n")
    assert input_of(emulator) == {"prompt": "a cat", "sound": True, "aspect_ratio": "1:1", "duration": "10"}
    (task,) = emulator.tasks
    assert read_label("cat.mp4").task_id == task.id
    assert "about 220 credits" in result.stderr
    assert f"task: kie:jobs:{task.id}\n" in result.stderr
    assert "cost: not stated by the service\n" in result.stderr


def test_the_result_as_json(run, emulator):
    result = run("generate", "a cat", "--yes", "--json")
    record = json.loads(result.stdout)
    (task,) = emulator.tasks
    assert record["ref"] == f"kie:jobs:{task.id}"
    assert record["status"] == "succeeded"
    assert record["model"] == TEXT_MODEL
    assert record["estimate"] == {"credits": 55}
    assert record["file"] == f"{task.id}.mp4"
    assert Path(record["file"]).stat().st_size > 1000


def test_without_waiting_the_reference_is_the_result(run, emulator):
    result = run("generate", "a cat", "--api", "native", "--mode", "std", "--yes", "--no-wait")
    (task,) = emulator.tasks
    assert (result.exit_code, result.stdout) == (0, f"native:text2video:{task.id}\n")
    assert "its price is not known beforehand" in result.stderr
    assert "kling-v1-6 is retired" in result.stderr
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize(
    ("options", "status", "text"),
    [
        ([], 2, "nobody can be asked: give --yes"),
        (["--yes", "--max-credits", "54"], 4, "--max-credits: at most 54; the estimate is 55"),
        (["--max-credits", "55"], 2, "nobody can be asked: give --yes"),
        (["--yes", "--api", "relay", "--max-credits", "55"], 4, "the estimate is not known"),
        (["--yes", "--duration", "7"], 2, "duration must be one of '5', '10', not '7'"),
        (["--yes", "--sound", "--option", "sound=perhaps"], 2, "sound: given 2 times"),
        (["--yes", "--option", "sound=perhaps"], 2, "sound must be true or false, not 'perhaps'"),
        (["--yes", "--option", "durtion=5"], 2, "takes no 'durtion', perhaps duration; it takes prompt, sound"),
        (["--yes", "--resolution", "720p"], 2, "takes no 'resolution'"),
        (["--yes", "--option", "duration"], 2, "name=value, not 'duration'"),
        (["--yes", "--model", "kling-9"], 2, "model: one that is known"),
        (["--yes", "--model", TEXT_MODEL, "--image", "https://host.example/a.png"], 2, "takes no image"),
        (["--yes", "--api", "native", "--image", "https://host.example/a.png"], 2, "no model of native takes an image"),
        (["--yes", "--image", "none.png"], 2, "an existing file, not 'none.png'"),
        (["--yes", "--image", "notes.txt"], 2, "image_url"),
        (["--yes", *["--image", "https://host.example/a.png"] * 3], 2, "takes 2 at most, not 3"),
        (["--yes", "--image", "https://10.0.0.1.nip/a.png", "--callback-url", "ftp://a"], 2, "callback_url"),
        (["--yes", "--output", "no/folder.mp4"], 2, "'no' is no folder that can be written to"),
        (["--emulator", "--no-wait"], 2, "--no-wait: the embedded emulator ends with this command"),
        ([*OMNI, "--option", "a=1", "--option", "a.b=2"], 2, "a and a.b: give one of them"),
        ([*OMNI, "--option", "a.b=2", "--option", "a=1"], 2, "a and what is within it"),
        (["--yes", "--output", ""], 2, "'.' is no regular file"),
        (["--yes", "--output", "/dev/null"], 2, "--output"),
        (["--yes", "--output", "a" * 300], 2, "--output"),
        (["--yes", "--output", "fifo"], 2, "'fifo' is no regular file"),
        *[(["--yes", "--timeout", text], 2, "--timeout") for text in ("0", "nan", "inf", "1e8")],
        *[(["--yes", "--max-credits", text], 2, "--max-credits") for text in ("nan", "inf")],
    ],
)  # fmt: skip
def test_nothing_is_paid_for(options: list[str], status: int, text: str, run, emulator):
    Path("notes.txt").write_text("no image")
    os.mkfifo("fifo")
    result = run("generate", "a cat", *options)
    assert result.exit_code == status
    assert text in result.stderr
    assert result.stdout == ""
    assert emulator.tasks == ()


@pytest.mark.parametrize("reply", ["y", "n"])
def test_at_a_terminal_it_asks(reply: str, run, emulator, monkeypatch):
    monkeypatch.setattr(_consent, "can_ask", lambda: True)
    result = run("generate", "a cat", "--no-wait", input=f"{reply}\n")
    assert result.exit_code == {"y": 0, "n": 2}[reply]
    assert len(emulator.tasks) == {"y": 1, "n": 0}[reply]
    assert "Pay for it? [y/N]" in result.stderr


def test_at_a_terminal_it_does_not_ask_below_the_limit(run, emulator, monkeypatch):
    monkeypatch.setattr(_consent, "can_ask", lambda: True)
    result = run("generate", "a cat", "--no-wait", "--max-credits", "55")
    assert result.exit_code == 0
    assert "Pay for it?" not in result.stderr


def test_images_of_the_disk_are_uploaded(run, emulator):
    Path("first.png").write_bytes(PNG)
    last = "https://host.example/last.png"
    result = run("generate", "a boat", "--image", "first.png", "--image", last, "--yes", "--no-wait")
    assert result.exit_code == 0, result.stderr
    sent = input_of(emulator)
    assert str(sent["image_url"]).startswith("http://127.0.0.1")
    assert sent["tail_image_url"] == last
    assert "uploading first.png\n" in result.stderr


@pytest.mark.parametrize("flag", ["--image", "--image-urls"])
def test_a_list_of_images_takes_a_file(flag: str, run, emulator):
    Path("first.png").write_bytes(PNG)
    model = ("--model", "kling-2.6/image-to-video", "--no-sound")
    assert run("generate", "a boat", *model, flag, "first.png", "--yes", "--no-wait").exit_code == 0
    sent = body_of(emulator)["input"]["image_urls"]
    assert [url.startswith("http://127.0.0.1") for url in sent] == [True]


def test_objects_are_given_as_json_and_by_dotted_names(run, emulator):
    shots = json.dumps([{"prompt": "a cat", "duration": 3}, {"prompt": "a dog", "duration": 2}])
    options = ("--multi-shots", "--option", f"multi_prompt={shots}", "--sound", "--yes", "--no-wait")
    result = run("generate", "--model", "kling-3.0/video", *options)
    assert result.exit_code == 0, result.stderr
    assert input_of(emulator)["multi_prompt"] == json.loads(shots)
    camera = ("--camera-control.type", "zoom", "--camera-control.config.value", "0.5")
    result = run("generate", "a cat", "--api", "native", "--mode", "std", *camera, "--yes", "--no-wait")
    assert result.exit_code == 0, result.stderr
    assert body_of(emulator)["camera_control"] == {"type": "zoom", "config": {"value": 0.5}}


@pytest.mark.parametrize("model", ["kling-v1-6", TEXT_MODEL])
def test_a_model_is_made_by_an_api_with_a_key(model: str, run, emulator, monkeypatch):
    """Two APIs have kling-v1-6."""
    monkeypatch.delenv("KLING_API_KEY")
    result = run("generate", "a cat", "--model", model, "--yes", "--no-wait")
    assert result.stdout.startswith({"kling-v1-6": "relay:", TEXT_MODEL: "kie:"}[model])


def test_without_a_key_it_offers_the_emulator(run):
    result = run("generate", "a cat", "--yes")
    assert result.exit_code == 3
    assert "no key for kie: set KIE_API_KEY; or try it free of charge" in result.stderr
    assert "klingkit generate --emulator" in result.stderr


@pytest.mark.parametrize(
    ("options", "cost"),
    [
        ([], "cost: 50 credits"),
        (["--api", "native", "--mode", "std"], "cost: not stated by the service"),
        (["--model", "kling-3.0-omni/text-to-video", "--option", "any=[1]", "--option", "b=c"], "cost: "),
    ],
)
def test_the_embedded_emulator_needs_no_key(options: list[str], cost: str, run, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")  # is passed by: nobody listens there
    result = run("generate", "a cat", "--emulator", "-o", "cat.mp4", *options)
    assert (result.exit_code, result.stdout) == (0, "cat.mp4\n"), result.stderr
    assert cost in result.stderr
    assert Path("cat.mp4").stat().st_size > 1000


@pytest.mark.parametrize(
    ("fault", "status", "text"),
    [
        (Fault("fail", message="out of luck"), 1, "out of luck"),
        (Fault("refuse", code=401), 3, "401"),
        (Fault("refuse", code=402), 4, "402"),
        (Fault("refuse", code=455), 1, "455"),
        (Fault("drop"), 6, "a task may exist: look at the service's own list"),
    ],
)
def test_the_exit_status_tells_what_happened(fault: Fault, status: int, text: str, run, emulator):
    emulator.faults.add(fault)
    result = run("generate", "a cat", "--yes", "--json")
    assert result.exit_code == status
    assert text in result.stderr
    record = json.loads(result.stdout)
    assert record["exit_code"] == status
    assert (record["ref"] is not None) == bool(emulator.tasks) == (fault.kind == "fail")


def test_an_uncertain_submission_names_its_external_id(run, emulator):
    emulator.faults.add(Fault("drop"))
    emulator.faults.add(Fault("refuse", code=404, operation="query"))
    result = run("generate", "a cat", "--api", "relay", "--yes", "--json")
    assert result.exit_code == 6
    external_id = json.loads(result.stdout)["error"]["external_task_id"]
    assert f"external id: {external_id}\n" in result.stderr
    assert f"klingkit status relay:text2video:{external_id}\n" in result.stderr


def test_a_task_that_does_not_end_in_time_goes_on(run, emulator, monkeypatch):
    monkeypatch.setattr(_progress, "HEARTBEAT", 0.02)
    with Emulator(finish=AfterSeconds(3600)).serve() as url:
        monkeypatch.setenv("KIE_BASE_URL", url)
        result = run("generate", "a cat", "--yes", "--timeout", "0.2")
    assert result.exit_code == 5
    ref = result.stderr.partition("task: ")[2].split("\n")[0]
    assert f"the task goes on: klingkit wait {ref}\n" in result.stderr
    assert str(TaskRef.parse(ref)) == ref
    assert result.stderr.count("running") + result.stderr.count("queued") >= 2, "the heartbeat"


def test_ctrl_c_during_the_wait_names_the_task(run, emulator, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(Client, "wait", interrupted)
    result = run("generate", "a cat", "--yes")
    (task,) = emulator.tasks
    assert (result.exit_code, result.stdout) == (130, "")
    assert result.stderr.endswith(f"interrupted; the task goes on: klingkit wait kie:jobs:{task.id}\n")


def test_a_download_that_fails_names_the_task(run, emulator):
    emulator.faults.add(Fault("html", operation="media", times=100, status=404))
    result = run("generate", "a cat", "--yes")
    (task,) = emulator.tasks
    assert result.exit_code == 1
    assert f"klingkit download kie:jobs:{task.id}" in result.stderr


def test_an_unknown_error_is_not_hidden(run, emulator, monkeypatch):
    monkeypatch.setattr(Client, "submit", lambda *_, **__: 1 / 0)
    assert isinstance(run("generate", "a cat", "--yes").exception, ZeroDivisionError)


def test_a_terminal_gets_a_line_that_changes(run, monkeypatch):
    monkeypatch.setattr(_progress, "is_terminal", lambda: True)
    monkeypatch.setenv("FORCE_COLOR", "1")
    result = run("generate", "a cat", "--emulator", "-o", "cat.mp4")
    assert result.exit_code == 0
    assert "\x1b[" in result.stderr
    assert "running" in result.stderr or "succeeded" in result.stderr


@pytest.mark.parametrize("model", MODELS)
def test_every_option_of_the_catalogue_has_a_flag(model: str, run):
    output = run("generate", "--help").stdout
    listed = json.loads(run("models", model, "--json").stdout)["models"][0]["options"]
    names = [it["name"] for it in listed if it["name"] != "prompt" and "[]" not in it["name"]]
    assert all(f"--{name.replace('_', '-')}" in output for name in names)


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_an_uncertain_submission_names_the_task_that_is_known(options: tuple[str, ...], run, monkeypatch):
    monkeypatch.setenv("KIE_API_KEY", "key-of-nobody")
    with respx.mock:
        route = respx.post("https://api.kie.ai/api/v1/jobs/createTask")
        route.return_value = httpx.Response(500, json={"code": 500, "msg": "oops", "data": {"taskId": "abc123"}})
        result = run("generate", "a cat", "--yes", *options)
    assert result.exit_code == 6
    assert "task: kie:jobs:abc123\n" in result.stderr
    assert "klingkit status kie:jobs:abc123\n" in result.stderr
    assert "the service's own list" not in result.stderr


@pytest.mark.parametrize("prompt", ["123", "true", '{"a": 1}'])
def test_the_prompt_of_an_unchecked_model_is_text(prompt: str, run, monkeypatch):
    monkeypatch.setenv("KIE_API_KEY", "key-of-nobody")
    with respx.mock:
        route = respx.post("https://api.kie.ai/api/v1/jobs/createTask")
        route.return_value = httpx.Response(200, json={"code": 200, "msg": "success", "data": {"taskId": "1"}})
        result = run("generate", prompt, *OMNI, "--no-wait")
    assert result.exit_code == 0, result.stderr
    assert json.loads(route.calls[0].request.content)["input"] == {"prompt": prompt}
