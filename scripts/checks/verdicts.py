"""The hand-written tables of verdicts, contract_tests/specs, asked about any spec.

They are tests like others: pytest runs them on the specs as they are. Here each case is called as pytest would call it,
with the spec in question in place of the committed one. A test that fails, however it does, has noticed.
"""

import importlib
import inspect
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from itertools import product
from types import ModuleType
from typing import Any, TypeAlias

from attrs import field, frozen

from scripts.specs.files import apis, load
from scripts.specs.spec import Spec

TABLES = (
    "test_answers",
    "test_cameras",
    "test_exchanges",
    "test_free",
    "test_kie",
    "test_official",
    "test_operations",
    "test_requests",
    "test_words",
)
BESIDE = {"test_the_official_form_is_one", "test_on_the_wire_a_camera_has_the_fields_of_a_typed_one"}
"""Tests that compare the specs with each other or with themselves: whoever mistakes a fact twice passes them."""

Arguments: TypeAlias = Mapping[str, Any]


@frozen
class Case:
    """One test with the arguments of one of its cases."""

    test: Callable[..., None]
    arguments: Arguments
    fixtures: tuple[str, ...]
    """What else it asks for."""

    @property
    def name(self) -> str:
        """The name of the test and what it is about."""
        return f"{self.test.__name__}[{'-'.join(map(str, self.arguments.values()))}]"

    def problem(self, given: Arguments) -> str:
        """How it fails, or nothing if it passes."""
        try:
            self.test(**self.arguments, **{name: _fixture(name, given, self.arguments) for name in self.fixtures})
        except Exception as error:  # noqa: BLE001 - whatever a test raises, it has failed
            return f"{type(error).__name__} {error}".strip()
        return ""


def problems(api: str, spec: Spec) -> list[str]:
    """Each case that fails when this is the spec of the API, and how."""
    given = _given({**_committed(), api: spec})
    told = ((case.name, case.problem(given)) for case in about(api))
    return [f"{name}: {problem}" for name, problem in told if problem]


@cache
def about(api: str) -> tuple[Case, ...]:
    """The cases that look at this API's spec; whatever becomes of it, the others say the same."""
    return tuple(case for case in cases() if api in _looked_at(case))


def _looked_at(case: Case) -> set[str]:
    specs = _Watched(_committed())
    case.problem(_given(specs))
    return specs.read


@frozen(eq=False)
class _Watched(Mapping[str, Spec]):
    """Specs that know which of them were asked for."""

    specs: Mapping[str, Spec]
    read: set[str] = field(factory=set)

    def __getitem__(self, api: str) -> Spec:
        self.read.add(api)
        return self.specs[api]

    def __iter__(self) -> Iterator[str]:
        return iter(self.specs)

    def __len__(self) -> int:
        return len(self.specs)


def _given(specs: Mapping[str, Spec]) -> Arguments:
    return {"specs": specs, "allows": _support().verdicts(specs)}


@cache
def cases() -> tuple[Case, ...]:
    """Every case of every table."""
    modules = (importlib.import_module(f"contract_tests.specs.{name}") for name in TABLES)
    return tuple(case for module in modules for case in _of_module(module))


def _of_module(module: ModuleType) -> Iterator[Case]:
    shared = _parametrized(getattr(module, "pytestmark", None))
    for name, test in vars(module).items():
        if name.startswith("test_") and name not in BESIDE:
            for rows in product(*shared, *_parametrized(getattr(test, "pytestmark", None))):
                arguments = {key: value for row in rows for key, value in row.items()}
                yield Case(test, arguments, tuple(inspect.signature(test).parameters.keys() - arguments.keys()))


def _parametrized(marks: Any) -> list[list[dict[str, Any]]]:
    """The rows of each `pytest.mark.parametrize`, as arguments."""
    listed = marks if isinstance(marks, list) else [marks] if marks else []
    return [_rows(*mark.args[:2]) for mark in listed if mark.name == "parametrize"]


def _rows(names: str | tuple[str, ...], values: list[Any]) -> list[dict[str, Any]]:
    if isinstance(names, str):
        return [{names: value} for value in values]
    return [dict(zip(names, row, strict=True)) for row in values]


def _fixture(name: str, given: Arguments, arguments: Arguments) -> Any:
    """What the fixture of this name gives, as in contract_tests/specs."""
    return _support().taking(given["allows"], arguments["it"]) if name == "takes" else given[name]


@cache
def _support() -> Any:
    return importlib.import_module("contract_tests.support.verdicts")


@cache
def _committed() -> Mapping[str, Spec]:
    return {api: load(api) for api in apis()}
