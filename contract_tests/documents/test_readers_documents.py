"""The vendor's documents: what each is about, and what its readers could easily miss."""

import hashlib
import os
from pathlib import Path

import pytest

from scripts.documents import read
from scripts.specs.files import ROOT

DOCUMENTS = Path(os.environ.get("KLINGKIT_DOCUMENTS", ROOT.parent / "shared" / "documents"))
KIE = {"": ("POST", "/api/v1/jobs/createTask")}
KIE_QUERY = {"query.": ("GET", "/api/v1/jobs/recordInfo")}
NATIVE = {"": ("POST", "/v1/videos/text2video"), "query.": ("GET", "/v1/videos/text2video/{task_id}")}
RELAY = {"": ("POST", "/kling/v1/videos/text2video")}
PAGES = [
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
    ("later/kie-get-task-detail", "tables", "kie", [], KIE_QUERY),
    ("later/kie-kling-2.6-text-to-video.2026-06", "openapi", "kie", ["kling-2.6/text-to-video"], KIE),
]


def document(name):
    path = DOCUMENTS / f"{name}.md"
    if not path.exists():
        pytest.skip(f"the vendor's document is not here: {path.name}")
    return read(path)


@pytest.mark.parametrize(("name", "form", "api", "models", "operations"), PAGES, ids=lambda value: str(value)[:30])
def test_a_document_is_known_for_what_it_is(name, form, api, models, operations):
    page = document(name)
    assert (page.form, page.api, list(page.models), page.operations) == (form, api, models, operations)
    assert page.name == name.rpartition("/")[2]
    assert page.sha256 == hashlib.sha256((DOCUMENTS / f"{name}.md").read_bytes()).hexdigest()


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
            "later/kie-get-task-detail",
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
        ("later/kie-kling-2.6-text-to-video.2026-06", "request.input", {"type": "object", "required": False}),
    ],
)
def test_a_document_says_this_too(name, where, facts):
    assert document(name).facts[where] == facts


@pytest.mark.parametrize("name", [page[0] for page in PAGES])
def test_no_document_tells_a_fact_in_two_ways(name):
    told = document(name).facts
    odds = {
        (where, fact)
        for where, facts in told.items()
        for fact, value in facts.items()
        if isinstance(value, dict) and "values" in value
    }
    assert odds == set()
