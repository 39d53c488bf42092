"""Errors survive pickling with all they know, and the tree is the one that its module draws."""

import copy
import pickle
import re

import pytest

import klingkit
from klingkit import Failure, KlingkitError, Task, TaskFailed, TaskRef, _errors

REF = TaskRef("kie", "jobs", "281e5b0")
CLASSES = [getattr(_errors, name) for name in _errors.__all__]


@pytest.mark.parametrize("kind", CLASSES)
@pytest.mark.parametrize("duplicate", [copy.copy, lambda error: pickle.loads(pickle.dumps(error))])
def test_errors_survive_copying_and_pickling(kind, duplicate):
    error = kind(
        "what happened", api="kie", code=402, vendor_message="积分不足", http_status=402, retry_after=2.5, ref=REF
    )
    error.add_note("a note")
    twin = duplicate(error)
    assert type(twin) is kind
    assert str(twin) == "what happened"
    assert vars(twin) == vars(error)


@pytest.mark.parametrize("kind", CLASSES)
def test_is_a_klingkit_error(kind):
    assert issubclass(kind, KlingkitError)


def drawn() -> dict[str, str]:
    """Read the tree out of the docstring: class -> parent."""
    parents: dict[str, str] = {}
    path: list[str] = []
    for line in (_errors.__doc__ or "").splitlines():
        if match := re.match(r"([│ ]*(?:[├└]── )?)(\w+)(?: \(|  |$)", line):
            depth = len(match[1]) // 4
            if depth or match[2] == "KlingkitError":
                path[depth:] = [match[2]]
                parents[match[2]] = path[depth - 1] if depth else "Exception"
    return parents


def test_the_tree_in_the_docstring_is_true():
    assert drawn() == {kind.__name__: kind.__bases__[0].__name__ for kind in CLASSES}


def test_all_errors_are_public():
    assert set(_errors.__all__) <= set(klingkit.__all__)


@pytest.mark.parametrize("retryable", [True, False, None])
def test_task_failed_has_reason_and_retryable(retryable):
    task = Task(REF, "failed", "fail", failure=Failure("501", "no", retryable))
    assert TaskFailed("failed", task=task).retryable is retryable
    assert (TaskFailed("failed", task=task).reason, TaskFailed("failed").reason) == ("no", None)
    assert TaskFailed("failed").retryable is None
