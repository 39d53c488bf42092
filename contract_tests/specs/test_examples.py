"""Tests that the client reads each example of the specs as what its name says, and that a wrong example is reported."""

from typing import Any

import pytest

from scripts.checks import examples
from scripts.specs.files import apis, load
from scripts.specs.spec import paid_operation, query_operation


def named_examples(spec: dict[str, Any], part: str) -> Any:
    """Return the examples of the creation's body or response, or of the query's response."""
    operation = (query_operation if part == "query" else paid_operation)(spec).node
    holder = operation["requestBody"] if part == "request" else operation["responses"]["200"]
    return holder["content"]["application/json"]["examples"]


def set_at(value: dict[str, Any], path: str, new: object) -> None:
    *parents, last = path.split("/")
    for step in parents:
        value = value[step]
    value[last] = new


@pytest.mark.parametrize("api", apis())
def test_every_example_is_what_its_name_says(api: str):
    assert examples.problems(api, load(api)) == []
    assert examples.compared(api) >= 8


@pytest.mark.parametrize(
    ("api", "part", "name", "path", "new", "message"),
    [
        (
            "kie",
            "query",
            "waiting",
            "data/state",
            "success",
            "is no waiting: the client reads a task that is succeeded",
        ),
        (
            "kie",
            "query",
            "success",
            "data/state",
            "generating",
            "is no success: the client reads a task that is running",
        ),
        ("kie", "query", "success", "data/resultJson", '{"resultUrls": []}', "success"),
        ("kie", "query", "fail", "data/state", "success", "is no fail"),
        ("kie", "query", "fail", "data/failMsg", None, "is no fail"),
        ("kie", "query", "unknownTask", "code", 200, "is no unknownTask"),
        ("kie", "create", "refused", "code", 200, "is no refused"),
        ("kie", "create", "refused", "code", 500, "is no refused: the client reads SubmissionUncertain"),
        ("kie", "create", "created", "code", 402, "is no created"),
        ("kie", "create", "created", "data", None, "is no created"),
        ("kie", "request", "textToVideoWithSound", "input/sound", False, "shows no sound"),
        ("kie", "request", "imageToVideo", "input/image_url", None, ""),
        ("kie", "request", "turboTextToVideo", "model", "kling-2.6/text-to-video", "has no 'turbo'"),
        ("kie", "request", "turboTextToVideo", "input/image_url", "https://studio.example/a.png", "shows image"),
        ("native", "query", "processing", "task_status", "completed", "is no processing"),
        ("native", "query", "completed", "task_status", "succeed", "is no completed"),
        ("native", "query", "failed", "task_status_msg", "", "is no failed"),
        ("native", "query", "enveloped", "data/task_status", "completed", "is no enveloped"),
        ("native", "create", "flat", "data", {}, "is no flat"),
        ("native", "create", "flat", "task_status", "processing", "is no flat"),
        ("kie", "create", "created", "data/state", "waiting", "is no created"),
        ("relay", "create", "created", "data/task_status", "succeed", "is no created"),
        ("native", "request", "official", "duration", 5, "is document by its fields"),
        ("native", "request", "document", "duration", "10", "is official by its fields"),
        ("relay", "request", "plain", "duration", 5, "is document by its fields"),
        ("relay", "query", "succeed", "code", 1102, "is no succeed"),
        ("relay", "create", "refused", "code", 0, "is no refused"),
    ],
)
def test_an_example_that_does_not_match_its_name_is_reported(
    api: str, part: str, name: str, path: str, new: object, message: str
):
    spec = load(api)
    value = named_examples(spec, part)[name]["value"]
    set_at(value, path, new)
    reported = examples.problems(api, spec)
    assert bool(reported) == bool(message)
    assert not message or any(f"the example {name} " in line and message in line for line in reported)


@pytest.mark.parametrize("api", apis())
@pytest.mark.parametrize("part", ["request", "create", "query"])
def test_an_unknown_name_of_an_example_is_reported(api: str, part: str):
    spec = load(api)
    by_name = named_examples(spec, part)
    by_name["harbour"] = by_name.pop(next(iter(by_name)))
    (reported,) = {line.partition(": the example ")[2].split()[0] for line in examples.problems(api, spec)}
    assert reported == "harbour"
