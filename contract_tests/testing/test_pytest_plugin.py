"""The pytest plugin, in test runs of its own: what it hands out."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

import klingkit.pytest_plugin as plugin

pytest_plugins = ["pytester"]

FIXTURES = """
import httpx
import pytest
from klingkit.kie import Kling25TurboPro
from klingkit.native import Native, Text2Video
from klingkit.emulator import AfterSeconds

CAT = Kling25TurboPro(prompt="a cat")

def test_a_client_without_a_socket(klingkit_client, klingkit_emulator):
    for api in ("kie", "native", "relay"):
        assert klingkit_client(api).api.name == api
    client = klingkit_client("kie")
    task = client.generate(CAT)
    assert task.status == "succeeded"

def test_an_api_with_options(klingkit_client):
    client = klingkit_client(Native("k", "https://api.example", wire="official"))
    assert client.generate(Text2Video(model_name="kling-v1-6", mode="pro", prompt="a cat")).status == "succeeded"
    with pytest.raises(ValueError, match="api: one of kie, native, relay, not 'sora'"):
        klingkit_client("sora")

@pytest.mark.anyio
async def test_an_asynchronous_one(klingkit_client):
    client = klingkit_client.asynchronous("kie")
    assert (await client.generate(CAT)).status == "succeeded"

@pytest.mark.klingkit(finish=AfterSeconds(60))
def test_time_is_ours(klingkit_client, klingkit_clock, tmp_path):
    client = klingkit_client("kie")
    ref = client.submit(CAT)
    assert client.get(ref).status == "queued"
    klingkit_clock.advance(60)
    task = client.get(ref)
    assert task.status == "succeeded"
    assert client.download(task, tmp_path / "cat.mp4").stat().st_size > 1000

@pytest.mark.parametrize("n", range(6))
def test_a_server_on_a_port(klingkit_server, klingkit_emulator, n):
    assert klingkit_server.emulator is klingkit_emulator
    assert httpx.get(klingkit_server.url + "/api/v1/jobs/recordInfo").status_code == 401

def test_callbacks(klingkit_callbacks):
    assert klingkit_callbacks("kie", "a key").signed().headers["X-Webhook-Signature"]
    assert klingkit_callbacks("native").key.startswith("whsec_")
    assert klingkit_callbacks("kie", now=lambda: 7.0).signed().headers["X-Webhook-Timestamp"] == "7"

@pytest.fixture
def anyio_backend():
    return "asyncio"
"""


def test_fixtures(run):
    run(FIXTURES, "--strict-markers").assert_outcomes(passed=11)


def test_fixtures_in_several_processes(run):
    run(FIXTURES, "--strict-markers", "--numprocesses=2", apart=True).assert_outcomes(passed=11)


def test_marks_add_up_and_the_nearest_has_the_last_word(run):
    result = run(
        """
        import pytest
        from klingkit.emulator import AfterSeconds, Fault
        pytestmark = pytest.mark.klingkit(seed=7, slots=1, faults=[Fault("drop")])

        @pytest.mark.klingkit(slots=2, finish=AfterSeconds(60))
        class TestIt:
            @pytest.mark.klingkit(slots=3)
            def test_it(self, klingkit_emulator):
                engine = klingkit_emulator._engine
                assert (engine.tasks._seed, engine.tasks._quotas._slots) == (7, 3)
                assert (len(engine.faults), engine.finish) == (1, AfterSeconds(60))
        """
    )
    result.assert_outcomes(passed=1)


def test_a_mark_that_cannot_be_meant_is_told_of(run):
    result = run(
        """
        import pytest
        @pytest.mark.klingkit(60)
        def test_place(klingkit_emulator): pass
        @pytest.mark.klingkit(slots="3")
        def test_kind(klingkit_emulator): pass
        @pytest.mark.klingkit(sluts=3)
        def test_name(klingkit_emulator): pass
        """
    )
    result.assert_outcomes(errors=3)
    result.stdout.fnmatch_lines(
        [
            "*UsageError: @pytest.mark.klingkit takes options by name, not 60",
            "*ValueError: slots must be a whole number*",
            "*unexpected keyword argument 'sluts'*",
        ]
    )


def test_fixtures_may_be_replaced(run, pytester):
    pytester.makeconftest(
        """
        import pytest
        from klingkit.emulator import Emulator
        @pytest.fixture
        def klingkit_emulator():
            return Emulator(keys={"only"})
        """
    )
    result = run(
        """
        import httpx
        def test_it(klingkit_server):
            answer = httpx.get(klingkit_server.url + "/api/v1/jobs/recordInfo", headers={"Authorization": "Bearer k"})
            assert answer.status_code == 401
        """
    )
    result.assert_outcomes(passed=1)


def test_nothing_is_loaded_before_it_is_asked_for():
    program = (
        "import sys, pytest; before = set(sys.modules); import klingkit.pytest_plugin;"
        "print(*sorted(name for name in set(sys.modules) - before if name.count('.') < 2))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["klingkit", "klingkit.pytest_plugin"]


@pytest.mark.parametrize("missing", ["respx", "starlette"])
def test_without_the_extra_every_fixture_says_what_to_install_and_nothing_else(run, pytester, missing):
    pytester.makeconftest(f"import sys; sys.modules[{missing!r}] = None")
    tests = "\n".join(f"def test_{name}({name}): pass" for name in plugin.__all__)
    result = run(tests, "-p", "no:respx", "-rN", apart=True)
    result.assert_outcomes(errors=len(plugin.__all__))
    begin = next(at for at, line in enumerate(result.outlines) if "ERRORS" in line) + 1
    told = [line for line in result.outlines[begin:-1] if not line.startswith("_")]
    assert told == ["tests of a service need their extra: pip install klingkit[testing]"] * len(plugin.__all__)


def test_what_is_signed_now_is_good_by_its_clock(klingkit_server, klingkit_clock):
    """A token that a service signs by the true time, and a callback that it checks by it."""
    assert abs(klingkit_clock.now() - time.time()) < 60
    assert klingkit_server.emulator.clock is klingkit_clock
