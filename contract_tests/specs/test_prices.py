"""Tests that the price list of kie.ai has every row of the vendor's page, in terms of fields that the models take."""

import re
from typing import Any

import pytest

from contract_tests.support.vendor_documents import require_document
from scripts.specs.files import PRICES, load, read_yaml
from scripts.specs.models import models
from scripts.specs.spec import resolved, validator

SPEC = load("kie")
PRICE_LIST: dict[str, Any] = read_yaml(PRICES / "kie.yaml")
SCHEMA_BY_MODEL = {model.name: SPEC["components"]["schemas"][model.request] for model in models(SPEC)}


def test_every_row_of_the_page_is_listed_with_its_price_and_unit():
    page = require_document(PRICE_LIST["source"]).read_text(encoding="utf-8")
    rows_of_page = {
        name: (usd, unit)
        for name, usd, unit in re.findall(r"^\| (.+?) \| ([0-9.]+) \| per (\w+) \|$", page, re.MULTILINE)
    }
    rows_of_list = {
        row["page"]: (row["usd"], priced["per"]) for priced in PRICE_LIST["models"].values() for row in priced["rows"]
    }
    assert rows_of_list == rows_of_page
    assert PRICE_LIST["date"] in page
    assert f"1 credit = {PRICE_LIST['usd_per_credit']} USD" in page


def test_prices_are_those_of_typed_models():
    assert PRICE_LIST["models"].keys() <= SCHEMA_BY_MODEL.keys()


@pytest.mark.parametrize("model", PRICE_LIST["models"])
def test_prices_depend_on_values_that_the_model_takes(model: str):
    properties = SCHEMA_BY_MODEL[model]["properties"]
    for row in PRICE_LIST["models"][model]["rows"]:
        for name, value in row["when"].items():
            validator(SPEC, resolved(SPEC, properties[name])).validate(value)


@pytest.mark.parametrize("model", PRICE_LIST["models"])
def test_every_choice_that_decides_a_price_has_one(model: str):
    rows = PRICE_LIST["models"][model]["rows"]
    for name in {name for row in rows for name in row["when"]}:
        field = resolved(SPEC, SCHEMA_BY_MODEL[model]["properties"][name])
        choices = [False, True] if field.get("type") == "boolean" else field["enum"]
        priced = {row["when"][name] for row in rows if name in row["when"]}
        assert priced == {*choices} or (name, priced) == ("multi_shots", {True})
