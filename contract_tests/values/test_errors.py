"""Tests that errors keep their fields when pickled, and that the tree in the module's docstring is true."""

import copy
import pickle
import re
import threading

import pytest

import klingkit
from contract_tests.support.kie import CAT_REQUEST, KIE_API, error_response
from contract_tests.support.limits import max_length
from klingkit import Client, Failure, Fixed, InvalidRequest, KlingkitError, Task, TaskFailed, TaskRef, _errors
from klingkit.kie import Kling21Pro, Kling26TextToVideo
from klingkit_api.errors import ResponseParseError

REF = TaskRef("kie", "jobs", "281e5b0")
CLASSES = [getattr(_errors, name) for name in _errors.__all__]


@pytest.mark.parametrize("error_class", CLASSES)
@pytest.mark.parametrize("duplicate", [copy.copy, lambda error: pickle.loads(pickle.dumps(error))])
def test_errors_survive_copying_and_pickling(error_class, duplicate):
    error = error_class(
        "what happened", api="kie", code=402, vendor_message="积分不足", http_status=402, retry_after=2.5, ref=REF
    )
    error.add_note("a note")
    copied = duplicate(error)
    assert type(copied) is error_class
    assert str(copied) == "what happened"
    assert vars(copied) == vars(error)


@pytest.mark.parametrize("error_class", CLASSES)
def test_is_a_klingkit_error(error_class):
    assert issubclass(error_class, KlingkitError)


def test_an_invalid_value_is_an_invalid_request_with_field_limit_and_value():
    max_prompt = max_length("kling-2.6/text-to-video")
    with pytest.raises(InvalidRequest) as caught_on_construction:
        Kling26TextToVideo(prompt="x" * (max_prompt + 1))
    request = Kling21Pro(prompt="a", image_url="https://studio.example/a.png")
    with pytest.raises(KlingkitError) as caught_on_assignment:
        request.cfg_scale = 2
    for error, field, limit, value in (
        (caught_on_construction.value, "prompt", f"at most {max_prompt} characters", "x" * (max_prompt + 1)),
        (caught_on_assignment.value, "cfg_scale", "at most 1", 2),
    ):
        assert isinstance(error, InvalidRequest)
        assert isinstance(error, ValueError)
        assert (error.field, error.limit, error.value) == (field, limit, value)
        assert (error.again, error.code, error.ref) == ("never", None, None)


@pytest.mark.parametrize(
    ("call", "field", "value"),
    [
        (lambda client: client.submit(CAT_REQUEST, callback_url="done"), "callback_url", "done"),
        (lambda client: client.submit(CAT_REQUEST, timeout=0), "timeout", 0),
        (lambda client: client.wait(REF, polling=5), "polling", 5),
        (lambda client: client.get("kie:jobs:1"), "ref", "kie:jobs:1"),
        (lambda _: Fixed(-1), "seconds", -1),
    ],
)
def test_an_invalid_argument_has_field_limit_and_value(call, field, value):
    with Client(KIE_API) as client, pytest.raises(InvalidRequest) as caught:
        call(client)
    assert (caught.value.field, caught.value.value) == (field, value)
    assert str(caught.value) == f"{field}: {caught.value.limit}, not {value!r}"


def test_a_rejection_by_the_api_has_no_field():
    with pytest.raises(InvalidRequest) as caught:
        KIE_API.read_submission(error_response(422))
    assert (caught.value.code, caught.value.field, caught.value.limit, caught.value.value) == (422, None, None, None)


def test_a_long_invalid_value_is_cut_only_in_the_text():
    with pytest.raises(InvalidRequest) as caught:
        Fixed("9" * 100_000)  # type: ignore[arg-type]  # invalid on purpose
    assert len(str(caught.value)) < 300
    assert caught.value.value == "9" * 100_000


@pytest.mark.parametrize("value", [lambda: None, threading.Lock()])
def test_an_error_about_what_cannot_be_pickled_pickles_with_its_text(value: object):
    error = InvalidRequest("polling: a policy", field="polling", value=value)
    assert pickle.loads(pickle.dumps(error)).value == repr(value)
    assert error.value is value


def test_an_unreadable_response_of_the_generated_client_is_a_klingkit_error():
    error = ResponseParseError(502, "not JSON", "<html>")
    assert isinstance(error, KlingkitError)
    copied = pickle.loads(pickle.dumps(error))
    assert (str(copied), vars(copied)) == (str(error), vars(error))
    assert (error.http_status, str(error)) == (502, "unreadable response, HTTP 502: not JSON: '<html>'")


def tree_in_docstring() -> dict[str, str]:
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
    assert tree_in_docstring() == {error_class.__name__: error_class.__bases__[0].__name__ for error_class in CLASSES}


def test_all_errors_are_public():
    assert set(_errors.__all__) <= set(klingkit.__all__)


@pytest.mark.parametrize("retryable", [True, False, None])
def test_task_failed_has_reason_and_retryable(retryable):
    task = Task(REF, "failed", "fail", failure=Failure("501", "no", retryable))
    assert TaskFailed("failed", task=task).retryable is retryable
    assert (TaskFailed("failed", task=task).reason, TaskFailed("failed").reason) == ("no", None)
    assert TaskFailed("failed").retryable is None
    assert (TaskFailed("failed", task=task).failure, TaskFailed("failed").failure) == (task.failure, Failure())
