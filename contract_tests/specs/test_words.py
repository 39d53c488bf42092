"""The known words and codes: which there are, where they stand, and which of them the documents do not have."""

import pytest

from contract_tests.specs.documented import APIS

HOLDERS = {
    "kie": ["RecordInfo"],
    "native": ["TaskAnswer", "TaskData", "TaskCallback"],
    "relay": ["TaskAnswer", "TaskCallback"],
}
FIELD_WORDS = {
    "kie": ["queuing", "generating"],
    "native": ["succeed", "succeeded"],
    "relay": ["succeeded", "completed"],
}
"""Words for a state beside those that the spec lists."""
DOCUMENTED_CODES = {"native": {400, 401, 403, 429, 500}, "relay": {0}}
"""kie's specs tell its codes apart by their sources alone."""
POLLING = {"kie": None, "native": [5, 10], "relay": None}
"""How many seconds to leave between two queries, where a document says it."""
DOCUMENTS = {
    "kie": {
        "000": "kie-kling-2.6-text-to-video",
        "002": "kie-kling-v2.1-pro",
        "003": "kie-kling-v2.5-turbo-pro-text-to-video",
    },
    "native": {"001": "native-kling-text2video"},
    "relay": {"004": "proxy-kling-text2video"},
}

each = pytest.mark.parametrize("it", APIS, ids=str)
STATES = [(it, name) for it in APIS for name in HOLDERS[it.name]]


def field(it):
    return "state" if it.name == "kie" else "task_status"


@each
def test_the_listed_states_and_no_others(allows, it):
    name, words = it.states
    others = [*FIELD_WORDS[it.name], "newer", "", None, 5]
    assert [word for word in [*words, *others] if allows(it.name, name, word)] == words


@pytest.mark.parametrize(("it", "name"), STATES, ids=str)
def test_a_state_is_one_of_those_or_any_word_or_null(specs, allows, it, name):
    known, words = it.states
    told = specs[it.name]["components"]["schemas"][name]["properties"][field(it)]
    assert {"$ref": f"#/components/schemas/{known}"} in told["anyOf"]
    for word in [*words, *FIELD_WORDS[it.name], "newer", None]:
        assert allows(it.name, name, {"task_id": "t", field(it): word})


@pytest.mark.parametrize(("it", "name"), STATES, ids=str)
def test_words_that_only_the_field_knows_are_told(specs, it, name):
    told = specs[it.name]["components"]["schemas"][name]["properties"][field(it)]
    assert told["x-field-values"] == FIELD_WORDS[it.name]


@each
def test_codes_that_only_the_field_knows_are_told(specs, it):
    told = specs[it.name]["components"]["schemas"]["ResponseCode"].get("x-field-values", [])
    documented = DOCUMENTED_CODES.get(it.name, it.codes)
    assert sorted(told) == sorted(it.codes - documented)


@each
def test_the_listed_codes_and_no_others(allows, it):
    others = [-1, 1, 200.5, 299, 999, 9999, "0", "200", None, True]
    codes = sorted(it.codes)
    assert [code for code in [*codes, *others] if allows(it.name, "ResponseCode", code)] == codes


@each
def test_the_documents(specs, it):
    assert specs[it.name]["info"]["x-documents"] == DOCUMENTS[it.name]


@each
def test_the_pace_of_queries(specs, it):
    path, _ = it.query
    assert specs[it.name]["paths"][path]["get"].get("x-poll-seconds") == POLLING[it.name]
