"""The checks that all generated clients share, where kie.ai alone does not reach."""

import pytest

from klingkit_api.checks import AnyOf, Anything, Choice, Integer, List, Model, Null, Number, Text
from klingkit_api.errors import InvalidValue
from klingkit_api.kie.models import CreatedTask

SECONDS = Choice(5, 10)


@pytest.mark.parametrize(
    ("check", "value", "limit"),
    [
        (SECONDS, 5, None),
        (SECONDS, "5", "one of 5, 10"),
        (SECONDS, 5.0, "one of 5, 10"),
        (Choice(1), True, "1"),
        (Choice(True), 1, "True"),
        (Integer(), 10**30, None),
        (Integer(), True, "an integer"),
        (Integer(), 1.0, "an integer"),
        (Integer(minimum=1), 0, "at least 1"),
        (Number(multiple_of=0.1), 10**30, None),
        (Number(multiple_of=0.1), 1e22, None),
        (Number(multiple_of=5), 7, "a multiple of 5"),
        (Text(min_length=1), "", "at least 1 characters"),
        (Text(max_length=1), "😀", None),
        (List(Text()), ["a", 1], "a list, each item a string"),
        (List(Text()), ("a",), "a list"),
        (AnyOf(SECONDS, Null()), 7, "one of 5, 10 or null"),
        (Anything(), object(), None),
    ],
)
def test_a_check_names_the_limit_that_a_value_breaks(check, value, limit):
    assert check.refuses(value) == limit


@pytest.mark.parametrize("check", [SECONDS, Integer()])
def test_a_whole_number_in_json_is_an_integer(check):
    loaded = check.load(5.0)
    assert (loaded, type(loaded)) == (5, int)


def test_a_list_of_models_goes_in_and_out():
    check = AnyOf(List(Model(CreatedTask)), Null())
    loaded = check.load([{"taskId": "t1"}, {}])
    assert loaded == [CreatedTask(task_id="t1"), CreatedTask()]
    assert check.dump(loaded) == [{"taskId": "t1"}, {}]


def test_the_place_in_a_list_is_named():
    with pytest.raises(InvalidValue) as caught:
        List(Model(CreatedTask)).load([{}, {"taskId": 5}])
    assert caught.value.field == "1.taskId"
