"""Pages of every form are read: our own, and the vendor's documents if they are at hand."""

import hashlib
import re

import pytest

from contract_tests.documents.edits.corpus import PAGES, differences, document, load
from contract_tests.support.vendor_documents import require_document
from scripts.documents import Unreadable, is_conflict, read

KIE = {"": ("POST", "/api/v1/jobs/createTask")}
KIE_QUERY = {"query.": ("GET", "/api/v1/jobs/recordInfo")}
NATIVE = {"": ("POST", "/v1/videos/text2video"), "query.": ("GET", "/v1/videos/text2video/{task_id}")}
RELAY = {"": ("POST", "/kling/v1/videos/text2video")}
VENDOR = [
    ("kie-kling-2.6-text-to-video", "kie", "kie", ["kling-2.6/text-to-video"], KIE | KIE_QUERY),
    ("kie-kling-v2.1-pro", "kie", "kie", ["kling/v2-1-pro"], KIE),
    ("kie-kling-v2.5-turbo-pro-text-to-video", "kie", "kie", ["kling/v2-5-turbo-text-to-video-pro"], KIE),
    (
        "native-kling-text2video",
        "tables",
        "native",
        ["kling-v1-6", "kling-v2-1", "kling-v2-1-master", "kling-v2-master"],
        NATIVE,
    ),
    (
        "proxy-kling-text2video",
        "apifox",
        "relay",
        ["kling-v1", "kling-v1-5", "kling-v1-6", "kling-v2-5-turbo"],
        RELAY,
    ),
    ("kie-get-task-detail", "tables", "kie", [], KIE_QUERY),
    ("kie-kling-2.6-text-to-video.2026-06", "openapi", "kie", ["kling-2.6/text-to-video"], KIE),
]


def vendor(name):
    return read(require_document(name))


@pytest.mark.parametrize(("name", "form", "api", "models", "operations"), VENDOR, ids=lambda value: str(value)[:30])
def test_form_api_models_and_operations_of_a_document(name, form, api, models, operations):
    page = vendor(name)
    assert (page.form, page.api, list(page.models), page.operations) == (form, api, models, operations)
    assert page.name == name
    assert page.sha256 == hashlib.sha256(require_document(name).read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("name", "where", "facts"),
    [
        ("kie-kling-2.6-text-to-video", "query.response.sample", {"valid": False}),
        (
            "kie-kling-2.6-text-to-video",
            "query.response.data.resultJson.resultUrls",
            {"type": "array", "items": "string"},
        ),
        ("kie-kling-2.6-text-to-video", "query.request.taskId", {"in": "query"}),
        ("kie-kling-v2.1-pro", "headers.Authorization", {"type": "string", "required": True}),
        (
            "kie-kling-v2.1-pro",
            "request.input.image_url",
            {
                "type": "string",
                "required": True,
                "media_types": ["image/jpeg", "image/png", "image/webp"],
                "max_bytes": 10000000,
            },
        ),
        ("native-kling-text2video", "query.request.task_id", {"in": "path"}),
        ("native-kling-text2video", "request.camera_control.config.value", {"type": "integer", "stated_by": "sample"}),
        ("native-kling-text2video", "polling", {"seconds": [5, 10]}),
        ("proxy-kling-text2video", "codes", {"success": 0}),
        (
            "kie-get-task-detail",
            "polling",
            {
                "queries_per_second": 10,
                "schedule": [
                    {"until": 30, "every": [2, 3]},
                    {"after": 30, "every": [5, 10]},
                    {"after": 120, "every": [15, 30]},
                ],
                "seconds": [2, 5],
                "timeout_seconds": [600, 900],
            },
        ),
        ("kie-kling-2.6-text-to-video.2026-06", "request.input", {"type": "object", "required": False}),
    ],
)
def test_facts_that_are_easily_missed(name, where, facts):
    assert vendor(name).facts[where] == facts


@pytest.mark.parametrize("name", [page[0] for page in VENDOR])
def test_no_document_contradicts_itself(name):
    facts = vendor(name).facts
    assert [(where, fact) for where, values in facts.items() for fact in values if is_conflict(values[fact])] == []


NAMES = tuple(page.stem for page in sorted(PAGES.glob("*.md")))


def text_of(name):
    return (PAGES / f"{name}.md").read_text(encoding="utf-8")


def without(name, pattern):
    """The page cut where the pattern ends."""
    found = re.search(pattern, text_of(name), re.DOTALL)
    assert found
    return text_of(name)[: found.end()]


@pytest.mark.parametrize("name", NAMES)
def test_the_facts_of_our_pages_are_those_that_a_person_finds(name):
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
    "a YAML block with a tab in it": ("openapi", lambda: text_of("openapi").replace("    post:", "\tpost:")),
    "a YAML block with a mapping twice on a line": (
        "openapi",
        lambda: text_of("openapi").replace("post:", "post: x: y", 1),
    ),
    "a YAML block without an operation": ("openapi", lambda: text_of("openapi").replace("    post:", "    x-post:", 1)),
    "a YAML block that points nowhere": (
        "openapi",
        lambda: text_of("openapi").replace("/schemas/Answer", "/schemas/None"),
    ),
    "a server that is a word": (
        "openapi",
        lambda: re.sub(r"(servers:)\n  - url: \S+", r"\1 here", text_of("openapi")),
    ),
    "a YAML block that is cut": ("openapi", lambda: without("openapi", r"paths:")),
    "a body that is cut": ("apifox", lambda: re.sub(r'(?m)^(\{"type".{200}).*', r"\1", text_of("apifox"))),
    "a response that is cut off": ("apifox", lambda: re.sub(r"(?m)^(\[.{200}).*", r"\1", text_of("apifox"), count=1)),
    "headers that are cut": ("apifox", lambda: re.sub(r'(?m)^(\{"query".{90}).*', r"\1", text_of("apifox"))),
    "a page cut inside of a command": ("bullets", lambda: without("bullets", r"--data '\n\{")),
    "a page cut inside of a sample": ("tables", lambda: without("tables", r'```json\n\{\s*"model_name"')),
    "bullets without an address": (
        "bullets",
        lambda: re.sub(r"(POST )?(https:\S+)?/api/v1\S+", "", text_of("bullets")),
    ),
    "tables without an address": ("tables", lambda: re.sub(r"`/v1/videos\S+", "", text_of("tables"))),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_page_is_unreadable_and_says_which_part(what):
    name, text = BROKEN[what]
    with pytest.raises(Unreadable) as caught:
        document(name, text())
    assert caught.value.part
    assert caught.value.why


NAMELESS = {
    "bullets": r"(?m)^.*robin/v1-image-to-video.*\n",
    "mixed": r"(?m)^.*egret-1/image-to-video.*\n",
    "openapi": r"(?m)^ +(?:enum:\n +- crane-3.*|default: crane-3.*|model: crane-3.*)\n",
}


@pytest.mark.parametrize(
    ("name", "add", "models"),
    [
        ("bullets", "", ()),
        ("bullets", '\n```json\n{"model": "wren/v3", "input": {"prompt": "x"}}\n```\n', ("wren/v3",)),
        ("bullets", "\nThe model here is wren/v3, not image/png or video/mp4.\n", ("wren/v3",)),
        ("mixed", "\n# `wren-3/video`\n\nThe model wren-4\n", ("wren-3/video",)),
        ("mixed", "\n# `wren-3/video`, or `wren-4/video`\n", ()),
        ("openapi", "\nAll about `wren-3/video`.\n", ("wren-3/video",)),
        ("openapi", '\n```json\n{"model": "wren/v3", "input": {"prompt": "x"}}\n```\n', ("wren/v3",)),
    ],
)
def test_a_page_whose_field_names_no_model_names_it_in_its_sample_or_in_prose(name, add, models):
    assert document(name, re.sub(NAMELESS[name], "", text_of(name)) + add).models == models


def test_a_sample_of_another_model_is_not_the_subject():
    text = text_of("openapi").replace("model: crane-3/image-to-video", "model: wren-3/video", 1)
    assert document("openapi", text).models == ("crane-3/image-to-video",)
