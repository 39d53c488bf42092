"""Tests of the pytest plugin, by running pytest: its fixtures, and how a violation of the spec fails a test."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

import klingkit.pytest_plugin as plugin

pytest_plugins = ["pytester"]

VIOLATION = 'input.aspect_ratio: is "21:9", must be one of "16:9", "9:16", "1:1"'

SERVER_TESTS = """
import httpx
import pytest

@pytest.mark.parametrize("n", range(6))
def test_a_server_on_a_port(klingkit_server, klingkit_emulator, n):
    assert klingkit_server.emulator is klingkit_emulator
    assert httpx.get(klingkit_server.url + "/api/v1/jobs/recordInfo").status_code == 401
"""

FIXTURE_TESTS = """
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
    client = klingkit_client(Native("k", "https://api.example", dialect="official"))
    assert client.generate(Text2Video(model_name="kling-v1-6", mode="pro", prompt="a cat")).status == "succeeded"
    with pytest.raises(ValueError, match=r"api: one of kie, native, .*, not 'sora'"):
        klingkit_client("sora")

@pytest.mark.anyio
async def test_an_asynchronous_one(klingkit_client):
    client = klingkit_client.asynchronous("kie")
    assert (await client.generate(CAT)).status == "succeeded"

@pytest.mark.klingkit(finish=AfterSeconds(60))
def test_the_clock_is_advanced_by_the_test(klingkit_client, klingkit_clock, tmp_path):
    client = klingkit_client("kie")
    ref = client.submit(CAT)
    assert client.get(ref).status == "queued"
    klingkit_clock.advance(60)
    task = client.get(ref)
    assert task.status == "succeeded"
    assert client.download(task, tmp_path / "cat.mp4").stat().st_size > 1000

def test_callbacks(klingkit_callbacks):
    assert klingkit_callbacks("kie", "a key").signed().headers["X-Webhook-Signature"]
    assert klingkit_callbacks("native").key.startswith("whsec_")
    assert klingkit_callbacks("kie", now=lambda: 7.0).signed().headers["X-Webhook-Timestamp"] == "7"

@pytest.fixture
def anyio_backend():
    return "asyncio"
"""


def test_fixtures(run_pytest):
    run_pytest(FIXTURE_TESTS, "--strict-markers").assert_outcomes(passed=5)


def test_servers_in_several_processes(run_pytest):
    run_pytest(SERVER_TESTS, "--strict-markers", "-p", "xdist", "--numprocesses=2", in_subprocess=True).assert_outcomes(
        passed=6
    )


def test_marks_add_up_and_the_nearest_wins(run_pytest):
    result = run_pytest(
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


def test_an_invalid_mark_is_an_error(run_pytest):
    result = run_pytest(
        """
        import pytest
        @pytest.mark.klingkit(60)
        def test_positional(klingkit_emulator): pass
        @pytest.mark.klingkit(slots="3")
        def test_type(klingkit_emulator): pass
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


def test_a_fixture_can_be_replaced(run_pytest, pytester):
    pytester.makeconftest(
        """
        import pytest
        from klingkit.emulator import Emulator
        @pytest.fixture
        def klingkit_emulator():
            return Emulator(keys={"only"})
        """
    )
    result = run_pytest(
        """
        import httpx
        def test_it(klingkit_server):
            response = httpx.get(klingkit_server.url + "/api/v1/jobs/recordInfo", headers={"Authorization": "Bearer k"})
            assert response.status_code == 401
        """
    )
    result.assert_outcomes(passed=1)


def test_nothing_is_imported_before_a_fixture_is_requested():
    program = (
        "import sys, pytest; before = set(sys.modules); import klingkit.pytest_plugin;"
        "print(*sorted(name for name in set(sys.modules) - before if name.count('.') < 2))"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.split() == ["klingkit", "klingkit.pytest_plugin"]


@pytest.mark.parametrize("missing", ["respx", "starlette"])
def test_without_the_extra_every_fixture_fails_with_one_line(run_pytest, pytester, missing):
    pytester.makeconftest(f"import sys; sys.modules[{missing!r}] = None")
    tests = "\n".join(f"def test_{name}({name}): pass" for name in plugin.__all__)
    result = run_pytest(tests, "-rN", in_subprocess=True)
    result.assert_outcomes(errors=len(plugin.__all__))
    first = next(number for number, line in enumerate(result.outlines) if "ERRORS" in line) + 1
    lines = [line for line in result.outlines[first:-1] if not line.startswith("_")]
    assert lines == ['klingkit.testing needs its extra: pip install "klingkit[testing]"'] * len(plugin.__all__)


def test_the_clock_starts_at_the_system_time(klingkit_server, klingkit_clock):
    """So tokens and callbacks are valid that a service signs or checks by the system's clock."""
    assert abs(klingkit_clock.now() - time.time()) < 60
    assert klingkit_server.emulator.clock is klingkit_clock


def test_a_violation_fails_the_test_and_names_the_field(run_pytest):
    result = run_pytest(
        """
        from service import create
        def test_it(klingkit_router):
            klingkit_router.kie.create()
            create()
        """
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*AssertionError: POST https://api.kie.ai/api/v1/jobs/createTask", f"*{VIOLATION}"])


@pytest.mark.parametrize("base", ["object", "unittest.TestCase"])
def test_the_summary_shows_the_field_of_a_violation_inside_a_client(run_pytest, base, monkeypatch):
    """The summary does not show the `SubmissionUncertain` that the client raises instead."""
    monkeypatch.setenv("COLUMNS", "200")
    result = run_pytest(
        f"""
        import unittest
        import pytest
        from klingkit import Client
        from klingkit.kie import Kie, Kling25TurboPro
        class TestIt({base}):
            @pytest.fixture(autouse=True)
            def router(self, klingkit_router):
                klingkit_router.kie.create()
            def test_it(self):
                with Client(Kie("k", "https://kie.test")) as client:
                    client.submit(Kling25TurboPro(prompt="a cat"), extra={{"input": {{"seed": 1}}}})
        """
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["FAILED *::test_it - AssertionError: input.seed: is an unknown field"])


@pytest.mark.parametrize("after", ["pass", "while True: careless()", "pytest.skip('not today')"])
def test_a_swallowed_violation_fails_the_test(run_pytest, after):
    """It stops a service that repeats it, and a skip does not hide it."""
    result = run_pytest(
        f"""
        import pytest
        from service import careless
        def test_it(klingkit_router):
            klingkit_router.kie.create()
            careless()
            {after}
        """
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"*{VIOLATION}"])


def test_another_failure_has_the_violation_as_a_note(run_pytest):
    result = run_pytest(
        """
        from service import careless
        def test_it(klingkit_router):
            klingkit_router.kie.create()
            assert careless() is not None
        """
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*klingkit_router saw before:", f"*{VIOLATION}"])


def test_a_violation_after_the_test_is_an_error_of_its_teardown(run_pytest):
    result = run_pytest(
        """
        import pytest
        from service import careless
        @pytest.fixture
        def service(klingkit_router):
            yield
            careless()
        def test_it(service):
            pass
        """
    )
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines([f"*{VIOLATION}"])


def test_other_failures_have_no_note(run_pytest):
    result = run_pytest(
        """
        def test_without():
            assert 1 == 2
        def test_with(klingkit_router):
            assert 1 == 2
        """
    )
    result.assert_outcomes(failed=2)
    result.stdout.no_fnmatch_line("*klingkit_router saw*")


def test_a_router_of_another_fixture_is_checked_too(run_pytest, pytester):
    pytester.makeconftest(
        """
        import pytest
        from klingkit.testing import Router
        @pytest.fixture(scope="module")
        def klingkit_router():
            with Router() as router:
                router.kie.create("mine")
                yield router
        """
    )
    result = run_pytest(
        """
        from service import careless, create
        def test_first(klingkit_router):
            assert careless() is not None
        def test_second(klingkit_router):
            careless()
        def test_third(klingkit_router):
            pass
        """
    )
    result.assert_outcomes(failed=2, passed=1)
    result.stdout.fnmatch_lines(["*klingkit_router saw before:", f"*{VIOLATION}"])


def test_repeated_violations_in_a_task_group_fail_the_test_once(run_pytest):
    result = run_pytest(
        """
        import anyio
        import pytest
        from service import careless
        @pytest.fixture(params=["asyncio", "trio"])
        def anyio_backend(request):
            return request.param
        @pytest.mark.anyio
        async def test_it(klingkit_router):
            klingkit_router.kie.create()
            async def twice():
                careless()
                careless()
            async with anyio.create_task_group() as group:
                group.start_soon(twice)
        """,
        *("-p", "anyio"),
        in_subprocess=True,  # anyio's runner leaves a BaseException to the garbage collector, which reports it
    )
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines([f"*{VIOLATION}"])


def test_a_violation_is_reported_by_the_test_that_it_happened_in(run_pytest, pytester):
    """This holds also if a fixture sent the request, or if the test was skipped afterwards."""
    pytester.makeconftest(
        """
        import pytest
        from klingkit.testing import Router
        @pytest.fixture(scope="session", autouse=True)
        def router():
            with Router() as found:
                found.kie.create()
                yield found
        """
    )
    result = run_pytest(
        """
        import pytest
        from service import careless
        @pytest.fixture
        def before():
            careless()
        @pytest.fixture
        def after():
            yield
            careless()
        def test_a(before): pass
        def test_b(after): pass
        def test_c(): pass
        def test_d():
            careless()
            pytest.skip("not today")
        def test_e(): pass
        """
    )
    result.assert_outcomes(passed=3, failed=1, errors=2)
    result.stdout.fnmatch_lines(["FAILED *test_d*", "ERROR *test_a*", "ERROR *test_b*"])


def test_a_skip_without_violations_is_a_skip(run_pytest):
    result = run_pytest(
        """
        import pytest
        def test_it(klingkit_router):
            pytest.skip("not today")
        """
    )
    result.assert_outcomes(skipped=1)


def test_a_testcase_of_unittest_reports_violations(run_pytest):
    result = run_pytest(
        """
        import unittest
        import pytest
        from service import careless
        @pytest.mark.usefixtures("klingkit_router")
        class TestIt(unittest.TestCase):
            def test_fails(self):
                careless()
                self.fail("for another reason")
            def test_skips(self):
                careless()
                self.skipTest("not today")
            def test_skips_without_one(self):
                self.skipTest("not today")
        """
    )
    result.assert_outcomes(failed=2, skipped=1)
    result.stdout.fnmatch_lines(["*for another reason", "*klingkit_router saw before:", f"*{VIOLATION}"])
