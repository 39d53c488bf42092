"""Tests that all citations of observations are found, and unknown, unused and missing ids reported."""

import pytest

from contract_tests.specs.mistakes import committed_spec
from scripts.specs import citations
from scripts.specs.citations import (
    Citation,
    all_citations,
    code_citations,
    facts_citations,
    problems,
    spec_citations,
    uncited_claims,
    unlisted,
)
from scripts.specs.field import Observation, observations
from scripts.specs.files import apis

OBSERVATION = Observation(claim="A kite has a tail.", kind="vendor", date="2026-09", confidence="high")
TAIL_POINTER = "/components/schemas/Kite/properties/tail"


def kite_spec(source, **keywords):
    node = {"type": "string", "x-source": source, **keywords}
    return {"components": {"schemas": {"Kite": {"properties": {"tail": node}}}}}


@pytest.fixture
def write_module(tmp_path):
    def write(text):
        path = tmp_path / "kites.py"
        path.write_text(text, "utf-8")
        return path

    return write


def test_committed_entries_are_all_cited_and_all_citations_are_known():
    specs = {api: committed_spec(api) for api in apis()}
    assert list(problems(observations(), all_citations(), specs)) == []


def test_wrapper_cites_an_entry_wherever_it_claims_an_observation():
    assert len(citations.wrapper_modules()) > 100
    assert [claim for path in citations.wrapper_modules() for claim in uncited_claims(path)] == []


def test_specs_facts_and_wrapper_all_have_citations():
    files = {citation.file.partition("/")[0] for citation in all_citations()}
    kinds = {citation.file.endswith("facts.yaml") for citation in all_citations()}
    assert (files, kinds) == ({"openapi", "wrapper"}, {True, False})


def test_the_committed_page_is_up_to_date():
    assert citations.main(["--check"]) is None


def test_outdated_page_is_reported_and_rewritten(tmp_path):
    page = tmp_path / "observed.md"
    assert "python -m scripts.specs.citations" in (citations.main(["--check"], page) or "")
    assert citations.main([], page) is None
    assert page.read_bytes() == citations.PAGE.read_bytes()


def test_a_citation_lists_the_documents_of_its_node():
    assert list(spec_citations("kites", kite_spec(["001: request.tail", "field: kite-tail", "field: kite"]))) == [
        Citation(name, "openapi/kites.yaml", TAIL_POINTER, ("001: request.tail",)) for name in ("kite-tail", "kite")
    ]


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("# observed.md: kite\n", ["kite"]),
        ("CODES = {  # 001; 404: observed.md: kite, kite-tail\n}\n", ["kite", "kite-tail"]),
        ('"""Kites have tails (observed.md: kite)."""\n', ["kite"]),
        ('"""Kites have tails (observed.md: kite,\nkite-tail)."""\n', ["kite", "kite-tail"]),
        ("# Kites have tails, as those know who fly them (observed.md:\n# kite).\n", ["kite"]),
        ("observed.md\n", []),
        ('"field: kite is required"\n', []),
    ],
)
def test_citations_in_comments_and_docstrings_are_found(write_module, tmp_path, text, ids):
    assert [citation.id for citation in code_citations(write_module(text), tmp_path)] == ids


def test_citations_in_reasons_of_waivers_are_found(tmp_path):
    path = tmp_path / "kites.facts.yaml"
    path.write_text('callback: {field: callback_url}\nwhy: "Kites do (field: kite)."\n', "utf-8")
    assert [citation.id for citation in facts_citations(path, tmp_path)] == ["kite"]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ('"""Known from the field."""\n', 1),
        ("# Field facts, all of them.\n", 1),
        ("# As observed on the running service.\n", 1),
        ("# As observed on the running service,\n# day by day (observed.md: kite).\n", 0),
        ("# From the field\n\n\n# observed.md: kite\n", 1),
        ('"""As observed on the running service (observed.md: kite)."""\n', 0),
        ("# The field `prompt`.\n", 0),
    ],
)
def test_an_observation_without_an_entry_is_found(write_module, text, count):
    assert len(list(uncited_claims(write_module(text)))) == count


@pytest.mark.parametrize(
    ("cited", "values", "node", "messages"),
    [
        (["kite", "tail"], {}, {}, ["cites tail, which is no entry"]),
        ([], {}, {}, ["kite: is cited nowhere"]),
        (["kite"], {"maxLength": 5}, {}, ["kite: states maxLength, and no node that cites it has one"]),
        (["kite"], {"maxLength": 5}, {"maxLength": 5}, []),
        (["kite"], {"enum": ["x"]}, {"x-field-values": ["x"]}, []),
    ],
)
def test_unknown_ids_unused_entries_and_unused_values_are_reported(cited, values, node, messages):
    entries = {"kite": Observation(claim=OBSERVATION.claim, kind="live", date="2026", confidence="low", values=values)}
    reported = list(
        problems(entries, [Citation(name, "kites.py") for name in cited], {"a": kite_spec("field: kite", **node)})
    )
    assert len(reported) == len(messages)
    assert all(sentence in line for sentence, line in zip(messages, reported, strict=True))


@pytest.mark.parametrize(
    ("source", "count"),
    [
        (["001: request.tail", "field: kite"], 0),
        ("field: kite", 2),
        ("001: request.tail", 1),
        (["001: request.tail", "field: kite", "field: tail"], 1),
    ],
)
def test_a_listed_node_that_lost_a_source_is_reported(source, count):
    listed = "\n".join(
        f"## {it.id}\n\n{it}" for it in spec_citations("kites", kite_spec(["001: request.tail", "field: kite"]))
    )
    assert len(unlisted("kites", kite_spec(source), f"# Page\n\n{listed}\n")) == count


def test_a_removed_node_is_not_reported():
    assert unlisted("kites", {"components": {}}, f"# Page\n\n## kite\n\n- `openapi/kites.yaml#{TAIL_POINTER}`\n") == []
