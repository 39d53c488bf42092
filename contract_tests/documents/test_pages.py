"""Our own pages, in the forms that vendors use: a clone without their documents still tests the readers."""

import re

import pytest

from contract_tests.documents.edits.corpus import PAGES, differences, document, load
from scripts.documents import Unreadable, read

NAMES = tuple(page.stem for page in sorted(PAGES.glob("*.md")))


def told(name):
    return (PAGES / f"{name}.md").read_text(encoding="utf-8")


def without(name, pattern):
    """The page cut where the pattern ends."""
    found = re.search(pattern, told(name), re.DOTALL)
    assert found
    return told(name)[: found.end()]


@pytest.mark.parametrize("name", NAMES)
def test_a_page_says_what_stands_there(name):
    page, expected = read(PAGES / f"{name}.md"), load(PAGES / f"{name}.facts.yaml")
    assert (page.name, page.form, page.api, sorted(page.models)) == (
        name,
        expected["form"],
        expected["api"],
        expected["models"],
    )
    assert {fact: page.facts.get(fact[0], {}).get(fact[1]) for fact in differences(page.facts, expected["facts"])} == {}


def test_every_form_of_page_is_among_ours():
    assert {load(path)["form"] for path in PAGES.glob("*.facts.yaml")} == {"kie", "tables", "apifox", "openapi"}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty", b""),
        ("blank", b"\n \n\t\n"),
        ("picture", bytes(range(256)) * 20),
        ("other-encoding", "# 白鹭".encode("utf-16")),
        ("prose", "# 白鹭\n\n一只白鹭站在水里。\n".encode()),
        ("no-operation", "# 白鹭\n\n## 请求参数\n\n| 参数名 | 类型 |\n|---|---|\n| prompt | string |\n".encode()),
    ],
)
def test_a_file_that_is_no_page_of_ours_is_unreadable(tmp_path, name, content):
    (tmp_path / f"{name}.md").write_bytes(content)
    with pytest.raises(Unreadable) as caught:
        read(tmp_path / f"{name}.md")
    assert caught.value.part
    assert caught.value.why


BROKEN = {
    "a YAML block with a tab in it": ("openapi", lambda: told("openapi").replace("    post:", "\tpost:")),
    "a YAML block with a mapping twice on a line": (
        "openapi",
        lambda: told("openapi").replace("post:", "post: x: y", 1),
    ),
    "a YAML block without an operation": ("openapi", lambda: told("openapi").replace("    post:", "    x-post:", 1)),
    "a YAML block that points nowhere": (
        "openapi",
        lambda: told("openapi").replace("/schemas/Answer", "/schemas/None"),
    ),
    "a server that is a word": ("openapi", lambda: re.sub(r"servers:\n  - url: \S+", "servers: here", told("openapi"))),
    "a YAML block that is cut": ("openapi", lambda: without("openapi", r"paths:")),
    "a body that is cut": ("apifox", lambda: re.sub(r'(?m)^(\{"type".{200}).*', r"\1", told("apifox"))),
    "an answer that is cut": ("apifox", lambda: re.sub(r"(?m)^(\[.{200}).*", r"\1", told("apifox"), count=1)),
    "headers that are cut": ("apifox", lambda: re.sub(r'(?m)^(\{"query".{90}).*', r"\1", told("apifox"))),
    "a page cut inside of a command": ("bullets", lambda: without("bullets", r"--data '\n\{")),
    "a page cut inside of a sample": ("tables", lambda: without("tables", r'```json\n\{\s*"model_name"')),
    "bullets without an address": ("bullets", lambda: re.sub(r"(POST )?(https://\S+)?/api/v1\S+", "", told("bullets"))),
    "tables without an address": ("tables", lambda: re.sub(r"`/v1/videos\S+", "", told("tables"))),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_page_is_unreadable_and_says_which_part(what):
    name, text = BROKEN[what]
    with pytest.raises(Unreadable) as caught:
        document(name, text())
    assert caught.value.part
    assert caught.value.why
