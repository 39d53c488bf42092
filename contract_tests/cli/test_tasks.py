"""Tests of the commands that find tasks by their references."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from contract_tests.support.kie import API_KEY
from klingkit import Client, Task, TaskRef
from klingkit.cli._records import task_line
from klingkit.emulator import AfterQueries, AfterSeconds, Emulator, Fault
from klingkit.kie import Kie, Kling26TextToVideo

REF = TaskRef("kie", "jobs", "1")


@pytest.fixture
def submit(emulator):
    """Return what submits a request and returns the reference."""

    def submitting(prompt: str = "a cat") -> str:
        with Client(Kie()) as client:
            return str(client.submit(Kling26TextToVideo(prompt=prompt)))

    return submitting


@pytest.fixture
def endless(emulator, monkeypatch):
    """Let no task end."""
    with Emulator(finish=AfterSeconds(3600), keys={API_KEY}).serve() as url:
        monkeypatch.setenv("KIE_BASE_URL", url)
        yield


@pytest.mark.parametrize("command", ["status", "wait"])
def test_several_tasks_are_a_line_each(command: str, run, emulator, submit):
    done = submit()
    emulator.faults.add(Fault("fail", message="out of luck"))
    failed, unknown = submit(), "kie:jobs:unknown"
    result = run(command, done, failed, done)
    assert result.exit_code == 1
    lines = sorted(result.stdout.splitlines())
    assert len(lines) == 2
    assert f"{failed}\tfailed\tout of luck" in lines
    assert any(line.startswith(f"{done}\tsucceeded\thttp://127.0.0.1") for line in lines)
    result = run(command, unknown, done, "--json", *(["--timeout", "0.5"] if command == "wait" else []))
    records = {record["ref"]: record for record in map(json.loads, result.stdout.splitlines())}
    assert records[done]["videos"][0]["url"].startswith("http://127.0.0.1")
    assert records[unknown]["error"]["type"] in {"NotFound", "WaitTimeout"}


def test_tasks_of_several_apis_are_queried_with_their_own_keys(run, emulator):
    options = ("generate", "a cat", "--yes", "--no-wait")
    refs = [run(*options, "--api", api).stdout.strip() for api in ("relay", "kie")]
    result = run("status", *refs)
    assert result.exit_code == 0
    assert sorted(line.split("\t")[0] for line in result.stdout.splitlines()) == sorted(refs)


def test_a_running_task(run, endless, submit):
    ref = submit()
    assert run("status", ref).stdout.split("\t")[:2] == [ref, "queued\n"]
    result = run("wait", ref, "--timeout", "0.2")
    assert result.exit_code == 5
    assert result.stdout.startswith(f"{ref}\t")
    result = run("download", ref)
    assert result.exit_code == 5
    assert f"the task goes on: klingkit wait {ref}\n" in result.stderr
    result = run("watch", ref, "--timeout", "0.2", "--json")
    assert result.exit_code == 5
    assert next(json.loads(line).get("status") for line in result.stdout.splitlines()) == "queued"


def test_watching_shows_each_change(run, emulator, monkeypatch):
    with Emulator(finish=AfterQueries(2)).serve() as url:
        monkeypatch.setenv("KIE_BASE_URL", url)
        ref = run("generate", "a cat", "--yes", "--no-wait").stdout.strip()
        result = run("watch", ref)
    assert result.exit_code == 0
    assert [line.split("\t")[1] for line in result.stdout.splitlines()] == ["queued", "succeeded"]


@pytest.mark.parametrize(
    ("task", "text"),
    [
        (Task(REF, "running", progress=0.5), "kie:jobs:1\trunning\t50%"),
        (Task(REF, "failed"), "kie:jobs:1\tfailed\tno reason given"),
    ],
)
def test_a_task_is_a_line(task: Task, text: str):
    assert task_line(task) == text


@pytest.mark.parametrize("command", ["watch", "download"])
def test_a_failed_task_is_a_failure(command: str, run, emulator, submit):
    emulator.faults.add(Fault("fail"))
    result = run(command, submit())
    assert result.exit_code == 1
    assert result.stdout.split("\t")[1] == "failed"
    assert result.stderr == ""


@pytest.mark.parametrize(("options", "name"), [([], None), (["-o", "cat.mp4"], "cat.mp4")])
def test_a_video_is_downloaded(options: list[str], name: str | None, run, emulator, submit):
    ref = submit()
    result = run("download", ref, *options, "--json")
    file = json.loads(result.stdout)["file"]
    assert file == (name or f"{ref.rpartition(':')[2]}.mp4")
    assert Path(file).stat().st_size > 1000
    assert run("download", ref, "--index", 1).exit_code == 1


def test_a_terminal_gets_the_size_of_a_download(run, emulator, submit, monkeypatch):
    monkeypatch.setattr("klingkit.cli._progress.is_terminal", lambda: True)
    assert run("download", submit()).exit_code == 0


@pytest.mark.parametrize(
    ("ref", "text"),
    [("cat", "task reference: <api>[@account]:<route>:<id>"), ("sora:jobs:1", "one of kie, native, relay")],
)
def test_what_is_no_reference_is_refused(ref: str, text: str, run):
    result = run("status", ref)
    assert result.exit_code == 2
    assert text in result.stderr


def test_a_task_needs_the_key_of_its_api(run):
    result = run("status", "native:text2video:1")
    assert result.exit_code == 3
    assert "no key for native: set KLING_API_KEY" in result.stderr


def test_no_task_is_queried_before_every_account_has_its_key(run, emulator, submit, monkeypatch):
    ref = submit()
    monkeypatch.delenv("KLING_API_KEY")
    before = len(emulator.requests)
    assert run("status", ref, "native:text2video:1").exit_code == 3
    assert len(emulator.requests) == before


def test_another_account_keeps_its_name(run, emulator, submit):
    ref = submit().replace("kie:", "kie@acme:")
    assert run("status", ref).stdout.startswith(f"{ref}\tsucceeded")
