"""How a violation fails a test, whoever swallows it, in test runs of its own."""

from __future__ import annotations

pytest_plugins = ["pytester"]

FIELD = 'input.aspect_ratio: is "21:9", must be one of "16:9", "9:16", "1:1"'


def test_a_violation_fails_the_test_and_names_the_field(run):
    result = run(
        """
        from service import create
        def test_it(klingkit_router):
            klingkit_router.kie.create()
            create()
        """
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*AssertionError: POST https://api.kie.ai/api/v1/jobs/createTask", f"*{FIELD}"])


def test_a_swallowed_one_fails_it_too(run):
    result = run(
        """
        from service import careless
        def test_it(klingkit_router):
            klingkit_router.kie.create()
            careless()
        """
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"*{FIELD}"])


def test_it_is_noted_where_the_test_fails_for_what_followed(run):
    result = run(
        """
        from service import careless
        def test_it(klingkit_router):
            klingkit_router.kie.create()
            assert careless() is not None
        """
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*klingkit_router saw before:", f"*{FIELD}"])


def test_one_that_goes_on_is_stopped(run):
    result = run(
        """
        from service import careless
        def test_it(klingkit_router):
            klingkit_router.kie.create()
            while True:
                careless()
        """
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"*{FIELD}"])


def test_one_in_the_background_fails_it_after_its_end(run):
    result = run(
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
    result.stdout.fnmatch_lines([f"*{FIELD}"])


def test_other_failures_are_left_as_they_are(run):
    result = run(
        """
        def test_without():
            assert 1 == 2
        def test_with(klingkit_router):
            assert 1 == 2
        """
    )
    result.assert_outcomes(failed=2)
    result.stdout.no_fnmatch_line("*klingkit_router saw*")


def test_a_fixture_of_ones_own_serves_as_well(run, pytester):
    """Whatever makes the router, and for however many tests."""
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
    result = run(
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
    result.stdout.fnmatch_lines(["*klingkit_router saw before:", f"*{FIELD}"])


def test_one_that_goes_on_in_a_group_of_tasks_fails_once(run):
    result = run(
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
        apart=True,  # anyio's runner leaves what is no Exception to the garbage collector, which tells of it
    )
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines([f"*{FIELD}"])


def test_a_skip_does_not_hide_it(run):
    result = run(
        """
        import pytest
        from service import careless
        def test_it(klingkit_router):
            klingkit_router.kie.create()
            careless()
            pytest.skip("not today")
        """
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"*{FIELD}"])


def test_with_a_router_of_wider_scope_each_test_tells_its_own(run, pytester):
    """What a fixture has sent before or after a test, and what was sent before a skip, is not told by the next."""
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
    result = run(
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


def test_a_skip_of_which_nothing_is_wrong_is_one(run):
    result = run(
        """
        import pytest
        def test_it(klingkit_router):
            pytest.skip("not today")
        """
    )
    result.assert_outcomes(skipped=1)


def test_a_testcase_of_unittest_tells_it_too(run):
    result = run(
        """
        import unittest
        import pytest
        from service import careless
        @pytest.mark.usefixtures("klingkit_router")
        class TestIt(unittest.TestCase):
            def test_fails(self):
                careless()
                self.fail("for what followed")
            def test_skips(self):
                careless()
                self.skipTest("not today")
            def test_skips_well(self):
                self.skipTest("not today")
        """
    )
    result.assert_outcomes(failed=2, skipped=1)
    result.stdout.fnmatch_lines(["*for what followed", "*klingkit_router saw before:", f"*{FIELD}"])
