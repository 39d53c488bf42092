"""docs/models.md is generated from the specs, and committed unchanged."""

import re

import pytest

from scripts import models
from scripts.facts.sheets import sheets
from scripts.specs.files import ROOT, apis, load


def cells(api):
    """The rows of an API's table, as dictionaries."""
    lines = [line for line in models.section(api, load(api)).splitlines() if line.startswith("| ")]
    header, _, *rows = ([cell.strip() for cell in line.strip("|").split(" | ")] for line in lines)
    return [dict(zip(header, row, strict=True)) for row in rows]


def test_the_committed_pages_are_what_the_script_writes():
    assert models.main(["--check"]) is None


PAGES = ["docs/models.md", "README.md", "README.zh.md"]


@pytest.fixture
def folder(tmp_path):
    """A copy of the pages."""
    (tmp_path / "docs").mkdir()
    for name in PAGES:
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    return tmp_path


@pytest.mark.parametrize("name", PAGES)
def test_a_page_that_differs_is_found_and_written_anew(folder, name):
    page = folder / name
    page.write_text(page.read_text("utf-8").replace("kling/v2-1-pro", "kling/v2-0-pro"), encoding="utf-8")

    assert page.name in (models.main(["--check"], folder) or "")
    assert models.main([], folder) is None
    assert models.main(["--check"], folder) is None
    assert page.read_bytes() == (ROOT / name).read_bytes()


def test_the_readmes_list_every_document_once():
    named = {f"{number} `{name}`" for api in apis() for number, name in load(api)["info"]["x-documents"].items()}
    rows = models.document_rows(", ")
    assert len(rows) == len(named)
    assert {row.split(" | ")[0].removeprefix("| ") for row in rows} == named
    assert rows == sorted(rows)


@pytest.mark.parametrize(
    ("api", "row"),
    [
        ("kie", ["kling/v2-1-pro", "`input.prompt`", "string", "at most 5000 characters", "", "yes"]),
        ("kie", ["kling/v2-1-pro", "`callBackUrl`", "string (uri)", "", "", ""]),
        ("kie", ["kling-2.6/text-to-video", "`input.duration`", '`"5"`, `"10"`', "", '`"5"`', "yes"]),
        (
            "kie",
            [
                *["kling/v2-5-turbo-text-to-video-pro", "`input.cfg_scale`", "number"],
                *["at least 0, at most 1, a multiple of 0.1", "`0.5`", ""],
            ],
        ),
        (
            "native",
            [
                *["kling-v1-6, kling-v2-master, kling-v2-1, kling-v2-1-master", "`duration`"],
                *['`5`, `10`, or `"5"`, `"10"`', "", "`5`", "", "001: request.duration; observed: official-duration"],
            ],
        ),
        (
            "relay",
            [
                *["kling-v1, kling-v1-5, kling-v1-6, kling-v2-5-turbo", "`camera_control.config.zoom`", "integer"],
                *["", "", "yes", "004: request.camera_control.config.zoom"],
            ],
        ),
    ],
)
def test_rows_of_typical_options(api, row):
    assert row in [list(found.values())[: len(row)] for found in cells(api)]


def test_an_open_list_of_choices():
    (camera,) = (row for row in cells("native") if row["option"] == "`camera_control.type`")
    assert camera["type or choices"] == '`"zoom"`, `"pan"`, `"tilt"`, or any string'


def test_every_documented_model_has_rows():
    named = {model for api in apis() for row in cells(api) for model in row["models"].split(", ")}
    assert named == {model for sheet in sheets() for model in sheet.models}


def test_lists_show_their_items_and_limits():
    items = {"type": "string", "format": "uri", "maxLength": 9}
    images = {"type": "array", "items": items, "maxItems": 2, "x-source": "000: request.images"}
    assert models.kind(images, {}) == "list of string (uri)"
    assert models.limits(images) == "at most 2 items, each at most 9 characters"

    shot = {"type": "object", "required": ["prompt"], "properties": {"prompt": {"type": "string"}}}
    body = {"type": "object", "properties": {"shots": {"type": "array", "items": shot}}}
    assert [(name, required) for name, _, required in models.options(body, {})] == [
        ("shots", False),
        ("shots[].prompt", True),
    ]


@pytest.mark.parametrize(
    ("items", "words"),
    [({"type": "string", "pattern": "a"}, "images[]: the page does not show pattern")],
)
def test_a_limit_of_items_that_the_page_does_not_show_is_an_error(items, words):
    body = {"type": "object", "properties": {"images": {"type": "array", "items": items}}}
    with pytest.raises(models.UnshownError, match=re.escape(words)):
        [*models.options(body, {})]


@pytest.mark.parametrize(
    ("name", "field", "keyword", "rule", "problem"),
    [
        ("Kling21Pro", "prompt", "minLength", 1, "input.prompt: the page does not show minLength"),
        ("Kling21Pro", "prompt", "pattern", "[a-z]*", "input.prompt: the page does not show pattern"),
        ("Kling21Pro", "cfg_scale", "exclusiveMaximum", 1, "input.cfg_scale: the page does not show exclusiveMaximum"),
        (
            "Kling21Pro",
            "image_url",
            "anyOf",
            [{"type": "string", "maxLength": 9}],
            "input.image_url: the page does not",
        ),
        ("Kling21Pro", None, "minProperties", 1, "input: the page does not show minProperties"),
        ("CreateKling21Pro", None, "dependentRequired", {}, "the body: the page does not show dependentRequired"),
    ],
)
def test_a_limit_that_the_page_does_not_show_is_an_error(monkeypatch, folder, name, field, keyword, rule, problem):
    spec = load("kie")
    schema = spec["components"]["schemas"][name]
    (schema["properties"][field] if field else schema)[keyword] = rule
    monkeypatch.setattr(models, "load", lambda api: spec)
    monkeypatch.setattr(models, "apis", lambda: ["kie"])

    assert (models.main([], folder) or "").startswith(problem)
    assert (folder / "docs" / "models.md").read_bytes() == (ROOT / "docs" / "models.md").read_bytes()


@pytest.mark.parametrize("api", apis())
def test_every_row_has_its_source(api):
    assert [row for row in cells(api) if not row["source"]] == []
