"""`make drift` and `make accept`: what they print, write and exit with."""

import json
import re
import subprocess
import sys

import pytest
from attrs import evolve
from ruamel.yaml import YAML

from contract_tests.documents.edits.corpus import PAGES
from contract_tests.drift.pages import FACTS, MODEL, facts, page
from scripts import drift
from scripts.documents import Unreadable
from scripts.facts.sheets import accept, sheets

NEW = page(facts("models", request__model__enum=["tick-9"]), ("tick-9",))
ROW = {"where", "operation", "fact", "was", "now", "kind", "impact"}
HEAD = {"document", "form", "api", "subject", "facts", "changes", "spec"}


@pytest.fixture
def folder(tmp_path):
    """A folder of facts files with the one of the usual page."""
    path = tmp_path / "facts"
    path.mkdir()
    accept(page(name="tick"), None, path)
    return path


@pytest.fixture
def run(folder, monkeypatch, capsys):
    """Call the command on pages as if they had been read: its exit status, output and errors."""

    def call(*arguments, **pages):
        monkeypatch.setattr(drift, "read", lambda path: read_page(pages[path.stem]))
        status = drift.main([*map(str, (*pages, *arguments)), "--facts", str(folder)])
        return status, *capsys.readouterr()

    return call


def read_page(read):
    if isinstance(read, Exception):
        raise read
    return read


def test_nothing_changed(run):
    status, out, _ = run(again=page())

    assert status == 0
    assert "nothing changed" in out


def test_drift_is_a_short_table(run):
    status, out, _ = run(
        later=page(facts("query.", codes__enum=[200, 400, 433], request__input__prompt__max_length=900))
    )

    assert status == 1
    rows = [line.split() for line in out.splitlines()]
    assert ["codes", "enum", "-500", "+433", "breaking"] in rows
    assert ["POST", "request.input.prompt", "max_length", "1000", "900", "breaking"] in rows
    assert ["GET", "query", "operation", "GET", "/v9/jobs/info", "-", "breaking"] in rows


def test_json_has_the_document_and_a_row_for_each_change(run):
    status, out, _ = run("--json", later=page(facts(query__response__data__state__enum=["done", "queued", "late"])))
    found = json.loads(out)

    assert status == 1
    assert found.keys() == HEAD
    assert {key: found[key] for key in ("document", "form", "api", "subject")} == {
        "document": "a-page",
        "form": "tables",
        "api": None,
        "subject": MODEL,
    }
    assert found["facts"] == sum(map(len, FACTS.values()))
    assert found["changes"] == [
        {
            "where": "response.data.state",
            "operation": "GET /v9/jobs/info",
            "fact": "enum",
            "was": ["done", "queued"],
            "now": ["done", "queued", "late"],
            "kind": "changed",
            "impact": "additive",
        }
    ]


def test_json_of_several_paths_is_a_list_in_their_order(run):
    status, out, _ = run("--json", one=page(name="one"), two=evolve(NEW, name="two"))

    assert status == 1
    assert [found["document"] for found in json.loads(out)] == ["one", "two"]


def test_a_page_that_cannot_be_read_says_which_part_and_why(run):
    status, out, err = run("--json", bad=Unreadable("response", "a table without a column of types"), good=page())

    assert status == 2
    assert err == "bad: unreadable: response: a table without a column of types\n"
    bad, good = json.loads(out)
    assert bad == {"document": "bad", "unreadable": {"part": "response", "why": "a table without a column of types"}}
    assert good["changes"] == []


@pytest.mark.parametrize(
    ("name", "why"), [("missing.md", "No such file"), ("", "Is a directory"), ("latin.md", "UTF-8")]
)
def test_a_path_without_a_page_is_unreadable(tmp_path, capsys, name, why):
    (tmp_path / "latin.md").write_bytes("# Größe".encode("latin-1"))

    assert drift.main([str(tmp_path / name)]) == 2
    assert why in capsys.readouterr().err


def test_a_new_subject_comes_with_a_draft_and_the_most_similar_document(run):
    status, out, _ = run("--json", new=NEW)
    found = json.loads(out)

    assert status == 1
    assert found["subject"] == "tick-9 (new)"
    assert {row["kind"] for row in found["changes"]} == {"added"}
    assert {row["impact"] for row in found["changes"]} == {"additive"}
    assert {row["where"] for row in found["changes"]} >= {
        "request",
        "request.input.prompt",
        "response.data.state",
        "codes",
    }
    assert all(row.keys() == ROW for row in found["changes"])
    assert found["draft"]["Tick9"]["properties"]["prompt"]["maxLength"] == 1000
    assert found["nearest"]["document"] == "tick"
    assert {row["where"] for row in found["nearest"]["changes"]} == {"request.model", f"models.{MODEL}"}


def test_the_draft_is_printed_as_yaml(run):
    _, out, _ = run(new=NEW)

    assert "tick-9 (new)" in out
    draft = out.partition("components.schemas:\n")[2].partition("\nmost like tick")[0]
    assert YAML(typ="safe").load(draft)["Tick9"]["required"] == ["length", "prompt"]


def test_accepting_a_changed_page_writes_its_facts_and_keeps_the_rest(run, folder):
    path = folder / "tick.facts.yaml"
    text = path.read_text(encoding="utf-8").replace(
        "waivers: []",
        "# Ours.\nwaivers:\n  - {fact: codes.enum, document: [200], spec: none, why: &so Because.}\n"
        "  - {fact: auth.scheme, document: bearer, spec: none, why: *so}",
    )
    path.write_text(text, encoding="utf-8")
    later = page(facts("polling", request__input__prompt__max_length=900), name="renamed")
    (waived,) = sheets(folder)

    status, out, _ = run("--accept", later=evolve(later, sha256="1" * 64))

    (written,) = sheets(folder)
    assert status == 0
    assert f"{path}: {later.count} facts" in out
    assert (written.facts, written.sha256, written.document) == (later.facts, "1" * 64, "tick")
    assert written.waivers == waived.waivers
    assert "# Ours." in path.read_text(encoding="utf-8")
    assert "*so" in path.read_text(encoding="utf-8")
    assert run(later=later)[0] == 0


def test_accepting_the_same_page_again_writes_the_same_text(run, folder):
    path = folder / "tick.facts.yaml"
    before = path.read_bytes()
    run("--accept", again=page())

    assert path.read_bytes() == before


def test_accepting_a_new_subject_writes_a_file_of_its_own(run, folder):
    status, _, _ = run("--accept", new=evolve(NEW, name="tick-9"))

    assert status == 0
    assert {sheet.document for sheet in sheets(folder)} == {"tick", "tick-9"}
    assert run(new=NEW)[0] == 0


@pytest.mark.parametrize("api", ["kie", "without-a-spec"])
def test_an_accepted_page_keeps_its_draft_until_a_spec_names_it(run, api):
    new = evolve(NEW, name="tick-9", api=api)
    drafted = run("--json", new=new)[1]
    run("--accept", new=new)
    status, out, _ = run("--json", new=new)
    assert status == 0
    assert json.loads(out)["draft"] == json.loads(drafted)["draft"]
    assert "under info.x-documents:" in run(new=new)[1]
    assert "draft" not in json.loads(run("--json", again=page())[1])


def test_a_new_subject_under_a_name_that_is_taken_leaves_the_other_alone(run, folder):
    run("--accept", new=evolve(NEW, name="tick"))

    assert {sheet.document: sheet.models for sheet in sheets(folder)} == {"tick": (MODEL,), "tick-2": ("tick-9",)}


def test_a_page_about_the_query_alone_is_accepted_beside_that_of_the_model(run, folder):
    stated = facts("request", "response", "callback", "headers", "models", query__response__data__state__enum=["done"])
    query = page(stated, (), "task-detail")

    assert run(query=query)[0] == 1
    run("--accept", query=query)

    assert [sheet.document for sheet in sheets(folder)] == ["task-detail", "tick"]
    assert next(sheet for sheet in sheets(folder) if sheet.document == "tick").facts == FACTS
    assert run(query=query)[0] == 0


@pytest.mark.parametrize("models", [(MODEL,), (MODEL, "tick-2")])
def test_facts_are_not_overwritten_by_a_page_that_does_not_name_their_subject(run, folder, models):
    path = folder / "tick.facts.yaml"
    accept(page(FACTS, models), sheets(folder)[0], folder)
    before = path.read_bytes()

    status, _, err = run("--accept", nameless=page(facts(request__input__prompt__max_length=1), ()))

    assert status == 2
    assert "nameless: not accepted: it names n" in err.replace("a-page", "nameless")
    assert [(one, one.read_bytes()) for one in folder.iterdir()] == [(path, before)]


def test_what_could_be_read_is_reported_beside_what_could_not(run, folder):
    later = page(facts(request__input__prompt__max_length=900))
    later = evolve(later, unread=(Unreadable("fields", "no name in the row: | a b |"),))
    before = (folder / "tick.facts.yaml").read_bytes()

    status, out, err = run("--json", later=later)

    assert status == 2
    assert err == "later: unreadable: fields: no name in the row: | a b |\n"
    assert [row["where"] for row in json.loads(out)["changes"]] == ["request.input.prompt"]
    assert json.loads(out)["unreadable"] == [{"part": "fields", "why": "no name in the row: | a b |"}]
    assert run("--accept", later=later)[0] == 2
    assert (folder / "tick.facts.yaml").read_bytes() == before


def test_nothing_is_accepted_of_a_page_that_cannot_be_read(run, folder):
    before = (folder / "tick.facts.yaml").read_bytes()

    assert run("--accept", bad=Unreadable("request", "no table"))[0] == 2
    assert (folder / "tick.facts.yaml").read_bytes() == before


@pytest.mark.parametrize("value", ["16:9", "on", "5", "1e3", "no", "~", "", "a: b", "- a", "null", "{x}", "2020-01-01"])
def test_a_facts_file_keeps_strings_strings_for_every_reader_of_yaml(folder, value):
    accept(page(facts(request__input__length__default=value)), sheets(folder)[0], folder)
    text = (folder / "tick.facts.yaml").read_text(encoding="utf-8")

    (kept,) = sheets(folder)
    assert kept.facts["request.input.length"]["default"] == value
    assert f'default: "{value}"' in text


def test_drift_runs_as_a_module(tmp_path):
    command = [sys.executable, "-m", "scripts.drift", str(tmp_path / "missing.md"), "--json"]
    found = subprocess.run(command, capture_output=True, text=True, check=False)

    assert found.returncode == 2
    assert json.loads(found.stdout)["unreadable"]["part"] == "file"


@pytest.mark.parametrize("path", sorted(PAGES.glob("*.md")), ids=lambda path: path.stem)
def test_a_real_page_is_recognised_under_any_name_until_its_facts_change(path, tmp_path, capsys):
    folder = tmp_path / "facts"
    folder.mkdir()
    again, later = tmp_path / "again.md", tmp_path / "later.md"
    again.write_bytes(path.read_bytes())
    text, edits = re.subn(r"/(v\d)/", r"/\1\1/", path.read_text(encoding="utf-8"))
    later.write_text(text, encoding="utf-8")

    def run(*arguments):
        return drift.main([*map(str, arguments), "--facts", str(folder)])

    assert edits
    assert [run(path), run(path, "--accept"), run(again), run(later)] == [1, 0, 0, 1]
    assert run(later, again, tmp_path / "missing.md", "--json") == 2
