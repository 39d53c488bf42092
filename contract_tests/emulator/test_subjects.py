"""Tests of which requests a fault matches: by API, operation, and prompt of the task."""

import pytest

from contract_tests.emulator.kit import ApiClass, Kie, Native, Relay, every_api
from klingkit.emulator import AfterSeconds, Emulator, Fault, VirtualClock


def test_a_code_matches_only_apis_that_have_it() -> None:
    emulator = Emulator(clock=VirtualClock(), faults=[Fault("refuse", code=1303)])
    assert Kie(emulator).create_task()
    assert Native(emulator).create(Native.body()).status_code == 429
    assert Relay(emulator).create(Relay.body()).status_code == 429


@every_api
def test_a_fault_matches_its_api(api_class: ApiClass) -> None:
    emulator = Emulator(clock=VirtualClock(), faults=[Fault("html", api=api_class.name)])  # type: ignore[arg-type]  # a name from the table
    matched = [
        api_class.name
        for api_class in (Kie, Native, Relay)
        if api_class(emulator).create(api_class.body()).status_code == 502
    ]
    assert matched == [api_class.name]


@every_api
@pytest.mark.parametrize("operation", ["create", "query", "media"])
def test_a_fault_matches_its_operation(api_class: ApiClass, operation: str) -> None:
    api = api_class.on_emulator()
    task_id = api.create_task()
    url = api.url(api.record(task_id)).removeprefix("http://emulator")
    api.emulator.faults.add(Fault("html", operation=operation))  # type: ignore[arg-type]  # one of the operations
    responses = {"create": api.create(api.body()), "query": api.query(task_id), "media": api.request("GET", url)}
    assert [name for name, response in responses.items() if response.status_code == 502] == [operation]


@every_api
def test_a_fault_matches_prompts(api_class: ApiClass) -> None:
    api = api_class.with_faults(Fault("html", prompt="(.)* rain"))
    assert api.create(api.body(prompt="in the rain")).status_code == 200
    assert api.create(api.body(prompt="cats (.)* rain")).status_code == 502
    assert api.send_content(b"[]").status_code == api.send_content(b"\xff").status_code == 400
    api.emulator.faults.clear()
    dry, wet = api.create_task(prompt="sun"), api.create_task(prompt="a cat in the rain")
    api.emulator.faults.add(Fault("html", prompt="rain"))
    assert [api.query(task_id).status_code for task_id in (dry, wet, "unknown")][:2] == [200, 502]


@pytest.mark.parametrize("api_class", [Native, Relay], ids=["native", "relay"])
def test_the_prompt_of_a_task_with_an_external_id_is_known(api_class: ApiClass) -> None:
    api = api_class.on_emulator()
    api.create_task(prompt="rain", external_task_id="ours/7")
    api.create_task(prompt="sun", external_task_id="theirs")
    api.emulator.faults.add(Fault("html", prompt="rain"))
    paths = ("ours%2F7", "ours/7", "theirs", "unknown")
    assert [api.query(path).status_code for path in paths] == [502, 404, 200, 404]


@every_api
def test_unknown_paths_and_videos_get_no_fault(api_class: ApiClass) -> None:
    api = api_class.with_faults(Fault("html"))
    for path in ("/x", "/media/x.mp4", f"{api.create_path}/x/y"):
        assert api.request("GET", path).status_code == 404


def test_a_fault_matches_the_videos_of_its_api() -> None:
    emulator = Emulator(clock=VirtualClock(), finish=AfterSeconds(0), faults=[Fault("expire", api="relay")])
    assert [api(emulator).video(api(emulator).create_task()).status_code for api in (Kie, Native, Relay)] == [
        200,
        200,
        403,
    ]
