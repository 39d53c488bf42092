"""Tests that docs/models.md is generated from the specs, and committed unchanged."""

import pytest

from klingkit import Model, Option
from klingkit.kie import Kling21Pro
from scripts import models
from scripts.facts.sheets import sheets
from scripts.specs.files import ROOT, apis, load


def table_rows(api):
    """Return the rows of an API's table as dictionaries."""
    lines = [line for line in models.section(api).splitlines() if line.startswith("| ")]
    header, _, *rows = ([cell.strip() for cell in line.strip("|").split(" | ")] for line in lines)
    return [dict(zip(header, row, strict=True)) for row in rows]


def test_the_committed_pages_equal_the_output_of_the_script():
    assert models.main(["--check"]) is None


PAGES = ["docs/models.md", "README.md", "README.zh.md"]


@pytest.fixture
def folder(tmp_path):
    """Return a folder with a copy of the pages."""
    (tmp_path / "docs").mkdir()
    for name in PAGES:
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    return tmp_path


@pytest.mark.parametrize("name", PAGES)
def test_a_page_that_differs_is_reported_and_rewritten(folder, name):
    page = folder / name
    page.write_text(page.read_text("utf-8").replace("kling/v2-1-pro", "kling/v2-0-pro"), encoding="utf-8")

    assert page.name in (models.main(["--check"], folder) or "")
    assert models.main([], folder) is None
    assert models.main(["--check"], folder) is None
    assert page.read_bytes() == (ROOT / name).read_bytes()


def test_the_readmes_list_every_document_once():
    documented = {f"{number} `{name}`" for api in apis() for number, name in load(api)["info"]["x-documents"].items()}
    rows = models.document_rows(", ")
    assert len(rows) == len(documented)
    assert {row.split(" | ")[0].removeprefix("| ") for row in rows} == documented
    assert rows == sorted(rows)


MOTION_FILES = "at most 1 items, a file of video/mp4 or video/quicktime, at most 100 MB"
MOTION_VIDEO = ["kling-3.0/motion-control", "`video_urls`", "list of string", MOTION_FILES]
ELEMENT_FILES = "at least 1 items, at most 4 items, a file of image/jpeg or image/png or video/mp4 or video/quicktime, "
ELEMENT = ["kling-3.0/video", "`kling_elements[].element_input_urls`", "list of string (uri)"]


@pytest.mark.parametrize(
    ("api", "row"),
    [
        ("kie", ["kling/v2-1-pro", "`prompt`", "string", "at most 5000 characters", "", "yes"]),
        ("kie", [*MOTION_VIDEO, "", "yes"]),
        ("kie", [*ELEMENT, f"{ELEMENT_FILES}at most 10 MB of image", "", "yes"]),
        ("kie", ["kling-2.6/text-to-video", "`duration`", '`"5"`, `"10"`', "", '`"5"`', "yes"]),
        (
            "kie",
            [
                *["kling/v2-5-turbo-text-to-video-pro", "`cfg_scale`", "number"],
                *["at least 0, at most 1, a multiple of 0.1", "`0.5`", ""],
            ],
        ),
        (
            "native",
            [
                *["kling-v1-6, kling-v2-master, kling-v2-1, kling-v2-1-master", "`duration`"],
                *["`5`, `10`", "", "`5`", "", "001: request.duration"],
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
    """Cells: models, option, type or choices, limits, default, required, source."""
    assert row in [list(cells.values())[: len(row)] for cells in table_rows(api)]


def test_an_open_list_of_choices_says_so():
    (camera,) = (row for row in table_rows("native") if row["option"] == "`camera_control.type`")
    assert camera["type or choices"] == '`"zoom"`, `"pan"`, `"tilt"`, or any string'


def test_every_documented_model_has_rows():
    models_in_rows = {model for api in apis() for row in table_rows(api) for model in row["models"].split(", ")}
    assert models_in_rows == {model for sheet in sheets() for model in sheet.models}


def test_lists_show_their_items_and_limits():
    items = Option("images[]", "string", limits={"format": "uri", "maxLength": 9})
    images = Option("images", "array", limits={"maxItems": 2}, items=items)
    assert models.kind(images) == "list of string (uri)"
    assert models.limits(images) == "at most 2 items, each at most 9 characters"


@pytest.mark.parametrize("owner", ["itself", "items"])
def test_a_limit_that_the_page_does_not_show_is_an_error(monkeypatch, folder, owner):
    pattern = Option("tags[]", "string", limits={"pattern": "[a-z]*"})
    option = pattern if owner == "itself" else Option("tags", "array", items=pattern)
    model = Model("kie", "kling-9", Kling21Pro, (option,))
    monkeypatch.setattr(models, "catalogue", lambda api: [model])

    assert models.main([], folder) == "tags[]: the page does not show pattern"
    assert (folder / "docs" / "models.md").read_bytes() == (ROOT / "docs" / "models.md").read_bytes()


@pytest.mark.parametrize("api", apis())
def test_every_row_has_its_source(api):
    assert [row for row in table_rows(api) if not row["source"]] == []
