"""A plugin of pytest: measures coverage only while a test that is about the wrapper, or a fixture of it, runs.

To measure slows all that Python does, several times. So neither pytest's own work is measured, nor the tests that
`--unmeasured` names by the beginning of their ids, nor the processes that they start.
"""

from collections.abc import Generator
from contextlib import contextmanager

import pytest
from coverage import Coverage

CHILDREN = "COVERAGE_PROCESS_CONFIG"
"""The variable by which coverage measures child processes."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--unmeasured", nargs="+", default=[], help="folders, files or tests to run without coverage")


def pytest_configure(config: pytest.Config) -> None:
    coverage = Coverage.current()
    if coverage is None:
        return
    if hasattr(config, "workerinput"):
        coverage.set_option("run:patch", [])  # it is applied by now, and would be again with each start
        config.pluginmanager.register(Measuring(coverage, tuple(config.getoption("--unmeasured"))))
    elif config.getoption("numprocesses"):
        coverage.stop()  # other processes run the tests


class Measuring:
    """Stops coverage once all modules are imported, and starts it for tests and fixtures."""

    def __init__(self, coverage: Coverage, unmeasured: tuple[str, ...]) -> None:
        self.coverage = coverage
        self.unmeasured = unmeasured
        self.is_measured = True

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self) -> None:
        self.coverage.stop()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        self.is_measured = not item.nodeid.startswith(self.unmeasured)
        with pytest.MonkeyPatch.context() as patch:
            if not self.is_measured:
                patch.delenv(CHILDREN, raising=False)
            try:
                return (yield)
            finally:
                if Coverage.current():
                    self.coverage.stop()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[object]) -> Generator[None, object, object]:
        """Measure from here to the end of the test: a thread that a fixture starts is not measured again later."""
        module = fixturedef.func.__module__
        own = module.startswith("contract_tests.") and module != "contract_tests.conftest"  # which all tests have
        if own and self.is_measured and not Coverage.current():
            self.coverage.start()
        return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_pyfunc_call(self) -> Generator[None, object, object]:
        with self.measuring():
            return (yield)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        """Save what was measured while nobody waits: a process that takes long to end is killed."""
        self.coverage.save()

    @contextmanager
    def measuring(self) -> Generator[None]:
        """Measure inside the block, if the test is to be measured; once, where a fixture requests another."""
        if not self.is_measured or Coverage.current():
            yield
            return
        self.coverage.start()
        try:
            yield
        finally:
            self.coverage.stop()
