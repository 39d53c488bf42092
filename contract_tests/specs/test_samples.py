"""Tests that the specs allow the vendor's samples, or that a waiver gives the reason."""

import json

import pytest

from contract_tests.specs.mistakes import REMOVED, committed_spec, edited_spec
from contract_tests.support.vendor_documents import require_document
from scripts.checks.samples import problems, samples
from scripts.facts.sheets import sheets

SHEETS = {sheet.document: sheet for sheet in sheets() if sheet.api in ("kie", "native", "relay")}

PAGE = """\
# A page

```bash
curl --url https://studio.example --header 'Accept: text/plain' --data '
{"model": "kling/v2-1-pro", "input": {"prompt": "纸船", "image_url": "u", "duration": "5"}}
'
```

```json
{"code": 200, "data": {"taskId": "t1"}}
```

```
GET /not/a/sample
```

```json
{"code": 200, "data": {"taskId": "t1", "resultJson": "{\\"resultUrls\\": [\\"u\\"]}"}}
```
"""
BODY = {"model_name": "kling-v1", "prompt": "a night train"}
JSON_ROWS = [
    {"examples": [{"value": json.dumps(BODY, indent=1)}], "note": "none"},
    [{"data": '{"code": 0, "data": {"task_id": "t1", "created_at": 1700000000000}}'}],
]
JSON_PAGE = "\n".join(["A title", json.dumps(JSON_ROWS[0]), "Answers", json.dumps(JSON_ROWS[1])])


@pytest.mark.parametrize("document", SHEETS)
def test_every_sample_of_a_document_is_allowed_or_waived(document):
    page, sheet = require_document(document).read_text(encoding="utf-8"), SHEETS[document]

    assert {sample.place for sample in samples(page)} >= {"request.sample", "response.sample"}
    assert problems(committed_spec(str(sheet.api)), document, page, {waiver.fact for waiver in sheet.waivers}) == []


def test_samples_are_found_in_an_openapi_description():
    fenced_sample = 'description: \'[1] first\n\n\n    ```json\n\n    {"model": "b"}\n\n    ```\n\n    \''
    description = "openapi: 3.0.1\nrequest:\n  example: {model: a, n: 1}\nresponse: [{example: {code: 200}}]"
    page = f"# A page\n\n```yaml\n{description}\n{fenced_sample}\n```\n"
    assert [(sample.place, sample.data) for sample in samples(page)] == [
        ("request.sample", {"model": "a", "n": 1}),
        ("response.sample", {"code": 200}),
        ("request.sample", {"model": "b"}),
    ]


def test_samples_are_found_in_fences_and_commands():
    assert [(sample.place, sample.valid) for sample in samples(PAGE)] == [
        ("request.sample", True),
        ("response.sample", True),
        ("query.response.sample", True),
    ]
    assert problems(committed_spec("kie"), "a-page", PAGE, ()) == []


def test_samples_are_found_in_a_page_that_is_json():
    assert [sample.data.get("prompt", "none") for sample in samples(JSON_PAGE)] == ["a night train", "none"]
    assert problems(committed_spec("relay"), "a-page", JSON_PAGE, ()) == []


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ('"duration": "5"', '"duration": 5', "request.sample: "),
        ('"duration": "5"', '"seed": 5', "request.sample: "),
        ("kling/v2-1-pro", "kling/v9", "request.sample: "),
        ('"code": 200, "data": {"taskId": "t1"}}', '"code": "200"}', "response.sample: "),
        ('"t1", "resultJson"', '5, "resultJson"', "query.response.sample: "),
        ('[\\"u\\"]', "[5]", "query.response.sample/data/resultJson: "),
        ('[\\"u\\"]', "[", "query.response.sample/data/resultJson: holds a text that is not JSON"),
    ],
)
def test_a_sample_that_the_spec_does_not_allow_is_found(old, new, place):
    assert old in PAGE
    (line,) = problems(committed_spec("kie"), "a-page", PAGE.replace(old, new), ())
    assert line.startswith(f"a-page: {place}")


@pytest.mark.parametrize(
    ("place", "value", "reported_place"),
    [
        ("Kling21Pro.duration/enum", ["10"], "request.sample"),
        ("Kling21Pro.image_url", REMOVED, "request.sample"),
        ("ResponseCode/enum", [0], None),
        ("CreatedTask.taskId/type", "integer", "response.sample"),
        ("RecordInfo.taskId/type", "integer", "query.response.sample"),
        ("TaskResult.resultUrls/items/type", "integer", "query.response.sample/data/resultJson"),
    ],
)
def test_a_spec_that_does_not_allow_a_sample_is_found(place, value, reported_place):
    reported = problems(edited_spec("kie", place, value), "a-page", PAGE, ())
    assert [line.split(": ")[1] for line in reported] == ([reported_place] if reported_place else [])


def test_invalid_json_needs_a_waiver_and_is_still_compared():
    page = PAGE.replace('"duration": "5"}}', '"duration": "5",}} // five seconds')
    assert problems(committed_spec("kie"), "a-page", page, ()) == ["a-page: request.sample is not JSON"]
    assert problems(committed_spec("kie"), "a-page", page, {"request.sample.valid"}) == []

    wrong_page = page.replace('"5"', "5")
    (reported,) = problems(committed_spec("kie"), "a-page", wrong_page, {"request.sample.valid"})
    assert reported.startswith("a-page: request.sample: ")
    assert problems(committed_spec("kie"), "a-page", wrong_page, {"request.sample.valid", "request.sample.wrong"}) == []
