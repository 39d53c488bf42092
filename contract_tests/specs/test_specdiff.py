"""Tests of `python -m scripts.specdiff` in small checkouts: its report, the entries it requires, its exit status."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from scripts import specdiff
from scripts.specs.diff.changelog import entries, parse_version, raised_enough

SPEC = """\
openapi: 3.1.0
info: {title: Kites, version: 1.0.0}
servers: [{url: https://kites.example}]
paths:
  /kites:
    post:
      operationId: fly
      security: [{key: []}]
      requestBody:
        required: true
        content: {application/json: {schema: {$ref: "#/components/schemas/Kite"}}}
      responses:
        "200": {description: It flies.}
components:
  securitySchemes: {key: {type: http, scheme: bearer}}
  schemas:
    Kite:
      type: object
      additionalProperties: false
      properties:
        colour: {type: string, maxLength: 20}
        tail: {type: object, properties: {length: {type: number, maximum: 9}}}
"""
CHANGELOG = """\
# Changelog

## [Unreleased]

### Changed

- Breaking: kites of the API kie have another `tail.length`.

## [0.1.0] - 2026-01-01

### Added

- Kites (kie) with a `colour`.
"""
PROJECT = '[project]\nname = "kites"\nversion = "0.1.0"\n'
WIDER_LIMIT = ("maxLength: 20", "maxLength: 30")
NARROWER_LIMIT = ("maxLength: 20", "maxLength: 10")
GIT = shutil.which("git") or "git"
UNRELEASED = "## [Unreleased]\n"


class Checkout:
    """A checkout of a small project with files that a test changes."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def git(self, *arguments: str) -> None:
        settings = ("-c", "user.name=nobody", "-c", "user.email=nobody@kites.example", "-c", "commit.gpgsign=false")
        clean_environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        subprocess.run(
            [GIT, *settings, *arguments], cwd=self.root, env=clean_environment, check=True, capture_output=True
        )

    def write(self, **texts: str) -> None:
        paths = {"spec": "openapi/kie.yaml", "changelog": "CHANGELOG.md", "project": "pyproject.toml"}
        for name, text in texts.items():
            path = self.root / paths.get(name, f"openapi/{name}.yaml")
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")

    def commit(self, tag: str | None = None) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "A state")
        if tag:
            self.git("tag", tag)

    def add_entries(self, *lines: str, heading: str = "Changed", after: str = UNRELEASED) -> None:
        """Add lines to the changelog, under a heading of the section that begins with `after`."""
        text = "\n".join(["", f"### {heading}", "", *lines, ""])
        self.write(changelog=CHANGELOG.replace(after, after + text))


@pytest.fixture(scope="session")
def template(tmp_path_factory):
    checkout = Checkout(tmp_path_factory.mktemp("template"))
    checkout.git("init", "--quiet")
    checkout.write(spec=SPEC, changelog=CHANGELOG, project=PROJECT)
    checkout.commit()
    return checkout.root


@pytest.fixture
def checkout(template, tmp_path, monkeypatch):
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    return Checkout(shutil.copytree(template, tmp_path, dirs_exist_ok=True))


@pytest.fixture
def run(checkout, capsys):
    """Return a function that runs the command and returns its exit status and output."""

    def run(*arguments: str) -> tuple[int, str]:
        status = specdiff.main(list(arguments), checkout.root)
        printed = capsys.readouterr()
        return status, printed.out + printed.err

    return run


def test_no_change_exits_with_0(run):
    assert run() == (0, "Since HEAD: nothing.\n")


def test_a_changed_description_needs_no_entry(checkout, run):
    checkout.write(spec=SPEC.replace("It flies.", "It flies high."))
    status, printed = run()
    assert status == 0
    assert "1 changed in words only" in printed


@pytest.mark.parametrize(
    "entry",
    [
        "- kie takes a longer `colour`.",
        "* KIE: `Kite.colour`",
        "- kie: `kite.colour=30`",
        "- kie\n  - `colour` is longer",
    ],
)
def test_a_minor_change_needs_an_entry_that_names_api_and_field(checkout, run, entry):
    checkout.write(spec=SPEC.replace(*WIDER_LIMIT))
    status, printed = run()
    assert status == 1
    assert "kie: Kite.colour: maxLength (minor): no new entry names kie and `colour` or `Kite.colour`" in printed

    checkout.add_entries(entry, heading="Added")
    assert run()[0] == 0


@pytest.mark.parametrize(
    "entry",
    [
        "- kie takes a longer colour.",
        "- The `colour` may be longer.",
        "- kiewit takes a longer `colour`.",
        "- kie takes a longer `colours`.",
        "- kie is named here.\n- And here a `colour`.",
        "kie takes a longer `colour`, states a paragraph that is no entry.",
        "```\n- kie: `colour`\n```",
    ],
)
def test_entry_that_does_not_name_api_and_field_does_not_count(checkout, run, entry):
    checkout.write(spec=SPEC.replace(*WIDER_LIMIT))
    checkout.add_entries(entry)
    assert run()[0] == 1


@pytest.mark.parametrize(
    ("entry", "heading", "status"),
    [
        ("- Breaking: kie takes a shorter `colour`.", "Changed", 0),
        ("- kie takes a shorter `colour` (**breaking**).", "Removed", 0),
        ("- Breaking: kie takes a shorter `colour`.", "Added", 1),
        ("- kie takes a shorter `colour`.", "Changed", 1),
        ("- kie takes a shorter `colour`, unbreaking.", "Changed", 1),
        ("- Breaking: kie is other.", "Changed", 1),
    ],
)
def test_entry_of_a_major_change_needs_the_right_heading_and_the_word_breaking(checkout, run, entry, heading, status):
    checkout.write(spec=SPEC.replace(*NARROWER_LIMIT))
    checkout.add_entries(entry, heading=heading)
    assert run()[0] == status


def test_entry_of_an_earlier_change_does_not_count(checkout, run):
    """The changelog already has an entry for another change of this field."""
    checkout.write(spec=SPEC.replace("maximum: 9", "maximum: 8"))
    status, printed = run()
    assert status == 1
    assert "kie: Kite.tail.length: maximum (major): no new entry names kie and `length` or `tail.length`" in printed


def test_nested_fields_may_be_named_in_any_length(checkout, run):
    checkout.write(spec=SPEC.replace("maximum: 9", "maximum: 10"))
    for name in ("length", "tail.length", "Kite.tail.length", "body.tail.length"):
        checkout.add_entries(f"- kie: `{name}` goes to 10.")
        assert run()[0] == 0
    checkout.add_entries("- kie: `tail` goes to 10.")
    assert run()[0] == 1


@pytest.mark.parametrize(
    ("version", "edit", "status"),
    [
        ("0.1.1", WIDER_LIMIT, 0),
        ("0.1.1", NARROWER_LIMIT, 1),
        ("0.2.0", NARROWER_LIMIT, 0),
        ("0.0.9", WIDER_LIMIT, 1),
    ],
)
def test_a_raised_version_has_its_own_section_and_is_raised_enough(checkout, run, version, edit, status):
    checkout.write(spec=SPEC.replace(*edit), project=PROJECT.replace("0.1.0", version))
    checkout.add_entries(
        f"## [{version}] - 2026-02-02", "", "### Changed", "", "- Breaking: kie: another `colour`.", heading="Fixed"
    )
    assert run()[0] == status
    assert ("pyproject.toml: from 0.1.0 to" in run()[1]) == (status == 1)


def test_entries_under_old_versions_do_not_count(checkout, run):
    checkout.write(spec=SPEC.replace(*WIDER_LIMIT))
    checkout.add_entries("- kie: a longer `colour`.", after="## [0.1.0] - 2026-01-01\n")
    assert run()[0] == 1


def test_default_revision_is_the_last_tag(checkout, run):
    checkout.commit("v0.1.0")
    checkout.write(spec=SPEC.replace(*WIDER_LIMIT))
    checkout.commit()

    assert run()[0] == 1
    assert "Since v0.1.0: minor." in run()[1]
    assert run("HEAD") == (0, "Since HEAD: nothing.\n")
    assert run("HEAD~1")[0] == 1


def test_added_and_removed_apis_need_entries(checkout, run):
    checkout.write(relay=SPEC)
    status, printed = run()
    assert status == 1
    assert "relay: the API: API added (minor): no new entry names relay" in printed
    checkout.add_entries("- The API of a relay.", heading="Added")
    assert run()[0] == 0

    checkout.commit()
    (checkout.root / "openapi" / "relay.yaml").unlink()
    assert "relay: the API: API removed (major): no new entry names relay" in run()[1]
    checkout.add_entries("- Breaking: the relay is no more.", heading="Removed")
    assert run()[0] == 0


def test_revision_without_the_files_counts_as_empty(checkout, run):
    checkout.git("checkout", "--quiet", "--orphan", "void")
    checkout.git("rm", "-r", "--quiet", "--cached", ".")
    checkout.git("commit", "--quiet", "--allow-empty", "--message", "Nothing")

    assert "kie: minor" in run()[1]
    assert run()[0] == 0, "the whole changelog is new, and names kie"


def test_json_option_prints_the_report_as_json(checkout, run):
    checkout.write(spec=SPEC.replace(*NARROWER_LIMIT))
    status, printed = run("--json")
    report = json.loads(printed)

    assert (status, report["level"], report["revision"], len(report["missing"])) == (1, "major", "HEAD", 1)
    assert report["changes"] == [
        {"api": "kie", "where": "Kite", "field": "colour", "what": "maxLength", "was": 20, "now": 10}
        | {"level": "major", "side": "request"}
    ]


@pytest.mark.parametrize("revision", ["no-such-branch", "HEAD:CHANGELOG.md", "HEAD~99"])
def test_unknown_revision_exits_with_2(run, revision):
    assert run(revision)[0] == 2
    assert f"there is no revision {revision!r}" in run(revision)[1]


def test_a_folder_without_a_repository_exits_with_2(tmp_path_factory, capsys):
    assert specdiff.main([], tmp_path_factory.mktemp("bare")) == 2
    assert "there is no revision 'HEAD'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("paths: [", "kie.yaml"),
        ("- a list", "TypeError"),
        ("{}", "KeyError"),
        (SPEC.replace("/Kite", "/Bird"), "leads to nothing"),
    ],
)
def test_unreadable_spec_exits_with_2(checkout, run, text, message):
    checkout.write(spec=text)
    status, printed = run()
    assert status == 2
    assert message in printed


def test_missing_git_exits_with_2(run, monkeypatch):
    monkeypatch.setattr("shutil.which", lambda name: None)
    assert run() == (2, "specdiff: git is not installed\n")


def test_entries_are_top_level_list_items_with_all_their_lines():
    text = CHANGELOG + "- Second `a.b`,\n  on two lines:\n  - with `c`\n"
    assert [(entry.version, entry.heading, sorted(entry.code)) for entry in entries(text)] == [
        ("Unreleased", "Changed", ["tail.length"]),
        ("0.1.0", "Added", ["colour"]),
        ("0.1.0", "Added", ["a.b", "c"]),
    ]


@pytest.mark.parametrize(
    ("level", "old", "new", "enough"),
    [
        ("major", "0.1.0", "0.1.1", False),
        ("major", "0.1.0", "0.2.0", True),
        ("major", "0.9.9", "1.0.0", True),
        ("major", "1.2.3", "1.3.0", False),
        ("major", "1.2.3", "2.0.0", True),
        ("minor", "0.1.0", "0.1.1", True),
        ("minor", "1.2.3", "1.2.4", False),
        ("minor", "1.2.3", "1.3.0", True),
        ("minor", "1.2.3", "2.0.0", True),
        ("patch", "1.2.3", "1.2.4", True),
        (None, "1.2.3", "1.2.4", True),
        ("major", "1.2.3", "1.2.3", True),
        (None, "1.2.3", "1.2.2", False),
        ("major", "1.2.3", "0.9.0", False),
    ],
)
def test_how_far_a_version_must_be_raised(level, old, new, enough):
    assert raised_enough(level, parse_version(old) or (0, 0, 0), parse_version(new) or (0, 0, 0)) is enough
