"""An edit by hand of what `make accept` writes shows, without the document: each facts file has a digest of it."""

import re
import shutil
from pathlib import Path

import pytest

from contract_tests.drift.pages import page
from scripts.checks import documents
from scripts.facts.sheets import FOLDER, SHARED, accept, sheets
from scripts.specs.files import apis, load

NAME = "native-kling-text2video.facts.yaml"


@pytest.fixture
def edited(tmp_path):
    """Edit a copy of a facts file; return the sheets of its folder, where it is alone."""
    shutil.copy(FOLDER / SHARED, tmp_path)
    path = Path(shutil.copy(FOLDER / NAME, tmp_path))

    def edit(pattern, new):
        text, count = re.subn(pattern, new, path.read_text("utf-8"), count=1, flags=re.MULTILINE)
        assert count == 1
        path.write_text(text, "utf-8")
        return sheets(tmp_path)

    return edit


def test_no_committed_facts_file_was_edited_by_hand():
    assert len(sheets()) >= 9
    assert [sheet.document for sheet in sheets() if sheet.edited] == []


@pytest.mark.parametrize(
    ("pattern", "new"),
    [
        (r"unit: s\b", "unit: ms"),
        (r"^sha256: \w", "sha256: 0"),
        (r"^(digest: \W*)\w\w", r"\1zz"),
        (r"^digest: .*\n", ""),
        (r"^digest: .*", 'digest: ""'),
        (r"^api: native", "api: relay"),
        (r"^form: \w+", "form: kie"),
        (r"^subject: \[.*?, ", "subject: ["),
        (r"^  polling: .*\n", ""),
        (r"max_length: \d+", "max_length: 7"),
        (r", type: string\}", "}"),
        (r"required: true", "required: false"),
        (r"^  codes: \{", "  codes: {open: true, "),
    ],
)
def test_an_edit_by_hand_shows(edited, pattern, new):
    found = edited(pattern, new)
    assert [sheet.document for sheet in found if sheet.edited] == ["native-kling-text2video"]
    assert any(
        "its facts are not those of its digest" in it
        for api in apis()
        for it in documents.problems(api, load(api), found)
    )


@pytest.mark.parametrize(
    ("pattern", "new"),
    [
        (r"\A", "# A comment.\n"),
        (r"^decisions:", "decisions: # for now"),
        (r"why: ", "why:  "),
        (r"facts:\n", "facts:\n\n"),
    ],
)
def test_what_is_edited_by_hand_may_be_edited(edited, pattern, new):
    assert [sheet.document for sheet in edited(pattern, new) if sheet.edited] == []


def test_accepting_a_document_writes_the_digest(tmp_path):
    path = accept(page(name="tick"), None, tmp_path)
    (sheet,) = sheets(tmp_path)
    assert not sheet.edited
    path.write_text(path.read_text("utf-8").replace("0" * 64, "1" * 64), "utf-8")
    (sheet,) = sheets(tmp_path)
    assert sheet.edited
    accept(page(name="tick"), sheet, tmp_path)
    assert [sheet.edited for sheet in sheets(tmp_path)] == [False]
