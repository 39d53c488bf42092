"""The waivers: where a spec leaves its document, why, and of which text that is true."""

import hashlib
import os
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from scripts.codegen.build import ROOT, apis, load

FILES = sorted((ROOT / "openapi" / "documents").glob("*.facts.yaml"))
DOCUMENTS = Path(os.environ.get("KLINGKIT_DOCUMENTS", ROOT.parent / "shared" / "documents"))


@pytest.fixture(params=FILES, ids=lambda path: path.name)
def facts(request):
    return YAML(typ="safe").load(request.param)


def places(node):
    """Every place of a document that a spec names, as `000: request.model`."""
    if isinstance(node, dict):
        source = node.get("x-source", [])
        yield from [source] if isinstance(source, str) else source
        node = list(node.values())
    for child in node if isinstance(node, list) else ():
        yield from places(child)


def known_places(document):
    numbers = [
        (number, spec)
        for spec in map(load, apis())
        for number, name in spec["info"]["x-documents"].items()
        if name == document
    ]
    return {
        place.removeprefix(f"{number}: ")
        for number, spec in numbers
        for place in places(spec)
        if place.startswith(f"{number}: ")
    }


def test_every_document_has_its_facts_file():
    named = {name for api in apis() for name in load(api)["info"]["x-documents"].values()}
    assert {path.name.removesuffix(".facts.yaml") for path in FILES} == named


def test_the_waivers_are_of_this_very_text(facts):
    document = DOCUMENTS / f"{facts['document']}.md"
    if not document.exists():
        pytest.skip(f"the vendor's document is not here: {document}")
    assert hashlib.sha256(document.read_bytes()).hexdigest() == facts["sha256"]


def test_every_waiver_is_complete(facts):
    for waiver in facts["waivers"]:
        assert waiver.keys() == {"fact", "document", "spec", "why"}
        assert all(value not in (None, "", []) for value in waiver.values())
        assert waiver["document"] != waiver["spec"]


def test_no_fact_is_waived_twice(facts):
    waived = [waiver["fact"] for waiver in facts["waivers"]]
    assert sorted(waived) == sorted(set(waived))


def test_every_waived_fact_is_a_place_or_a_property_of_one(facts):
    known = known_places(facts["document"])
    unknown = [
        waiver["fact"] for waiver in facts["waivers"] if not {waiver["fact"], waiver["fact"].rpartition(".")[0]} & known
    ]
    assert unknown == []
