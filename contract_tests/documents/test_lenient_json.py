"""JSON with mistakes is read as far as possible."""

import pytest

from scripts.documents.fields.lenient_json import loads


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ('{"a": 1, // one\n "b": [2, 3,],}', {"a": 1, "b": [2, 3]}),
        ('{"a": "he said "I and try"", "b": 1}', {"a": "he said ", "b": 1}),
        ('{"a": "a cat: "hello: you" and, then: go", "b": 2}', {"a": "a cat: ", "b": 2}),
        ('{"a": "one\n two", "b": 3}', {"a": "one\n two", "b": 3}),
        ('{"a": 1 /* one */ "b": 2}', {"a": 1, "b": 2}),
        ("{a: 'x', \"b\": None}", {"a": "x", "b": "None"}),
        ('{"a": "\\’x", "b": {"c": 1}', {"a": "’x", "b": {"c": 1}}),
        ('{"a": , "b": 2}', {"b": 2}),
        ('{"a" 1, : "b": [1 2]}]', {"a": 1, "b": [1, 2]}),
        ('{"a": "no end\n, "b": 2}', {"a": "no end", "b": 2}),
        ("", None),
    ],
)
def test_a_broken_sample_is_read_as_far_as_possible(text, data):
    assert loads(text) == (data, False)


def test_valid_json_is_reported_as_valid():
    assert loads('{"a": [1, 2.5, null, "//"]}') == ({"a": [1, 2.5, None, "//"]}, True)
    assert loads('{"a": 1, // 必填 "x"\n "b": "https://x" /* y */}') == ({"a": 1, "b": "https://x"}, True)
