"""docs/models.md is generated from the specs, and committed unchanged."""

import pytest

from scripts import models
from scripts.specs.files import apis, load


def cells(api):
    """The rows of an API's table, as dictionaries."""
    lines = [line for line in models.section(api, load(api)).splitlines() if line.startswith("| ")]
    header, _, *rows = ([cell.strip() for cell in line.strip("|").split(" | ")] for line in lines)
    return [dict(zip(header, row, strict=True)) for row in rows]


def test_the_committed_page_is_what_the_script_writes():
    assert models.main(["--check"]) is None


@pytest.mark.parametrize("before", ["", "| an old table |", None])
def test_a_page_that_differs_is_found_and_replaced(tmp_path, before):
    page = tmp_path / "models.md"
    if before is not None:
        page.write_text(before, encoding="utf-8")

    assert "python -m scripts.models" in (models.main(["--check"], page) or "")
    assert models.main([], page) is None
    assert models.main(["--check"], page) is None
    assert page.read_bytes() == models.PAGE.read_bytes()


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
        ("native", ["any", "`sound`", '`"on"`, `"off"`', "", "", "", "observed: official-sound"]),
        ("native", ["any", "`prompt`", "string", "at most 2500 characters", "", "yes", "observed: official-prompt"]),
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
    (camera,) = (row for row in cells("native") if row["option"] == "`camera_control.type`" and row["models"] != "any")
    assert camera["type or choices"] == '`"zoom"`, `"pan"`, `"tilt"`, or any string'


def test_every_documented_model_has_rows():
    named = {model for api in apis() for row in cells(api) for model in row["models"].split(", ")}
    assert named == {
        *["kling-2.6/text-to-video", "kling/v2-1-pro", "kling/v2-5-turbo-text-to-video-pro"],
        *["kling-v1-6", "kling-v2-master", "kling-v2-1", "kling-v2-1-master"],
        *["kling-v1", "kling-v1-5", "kling-v2-5-turbo", "any"],
    }


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
def test_a_limit_that_the_page_does_not_show_is_an_error(monkeypatch, tmp_path, name, field, keyword, rule, problem):
    spec = load("kie")
    schema = spec["components"]["schemas"][name]
    (schema["properties"][field] if field else schema)[keyword] = rule
    monkeypatch.setattr(models, "load", lambda api: spec)
    monkeypatch.setattr(models, "apis", lambda: ["kie"])

    assert (models.main([], tmp_path / "models.md") or "").startswith(problem)
    assert not (tmp_path / "models.md").exists()


@pytest.mark.parametrize("api", apis())
def test_every_row_has_its_source(api):
    assert [row for row in cells(api) if not row["source"]] == []
