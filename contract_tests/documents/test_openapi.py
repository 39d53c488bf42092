"""Facts of an OpenAPI block in a Markdown page."""

import pytest

from scripts.documents import Unreadable
from scripts.documents.forms.openapi import openapi_block, read_openapi

BLOCK = """\
# Otter films

```yaml
openapi: 3.0.1
paths:
  /films:
    post:
      description: Ask with `film_id`.
      requestBody:
        required: true
        content:
          application/json:
            schema:
              $ref: '#/components/schemas/Film'
            example: {model: otter-1, prompt: a river, ratio: '16:9'}
      responses:
        '200':
          content:
            application/json:
              schema:
                allOf:
                  - $ref: '#/components/schemas/Answer'
                  - properties: {film_id: {type: string}}
        '429': {description: Too fast}
  /films/{film_id}:
    get:
      parameters:
        - {name: film_id, in: path, required: true, schema: {type: string}}
        - {name: X-Pond, in: header, schema: {type: integer, default: 3}}
      responses: {}
components:
  schemas:
    Film:
      type: object
      additionalProperties: false
      required: [model]
      properties:
        model: {type: string, enum: [otter-1], description: 'Use `otter-1` only.'}
        prompt: {type: string, maxLength: 900, nullable: true, description: Required field. Up to 900 characters.}
        ratio: {type: string, enum: ['1:1', '16:9'], default: '1:1', examples: ['3:2']}
        images: {type: array, maxItems: 2, items: {type: string, format: uri}}
        webhook: {type: string, description: We send a POST request.}
        zoom: {type: number, minimum: 0, exclusiveMaximum: 2, multipleOf: 0.5}
    Answer:
      properties:
        code:
          type: integer
          enum: [200, 429]
          description: |-
            The code
            200: Success - done
            429: Too fast
  securitySchemes:
    Key: {type: apiKey, in: header, name: X-Key}
servers:
  - url: https://api.otter.example/v2
```
"""


def openapi(text):
    block = openapi_block(text)
    assert block is not None
    return read_openapi(block, text).values


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (
            "request",
            {
                "method": "POST",
                "path": "/v2/films",
                "host": "https://api.otter.example",
                "content_type": "application/json",
                "body_required": True,
                "closed": True,
            },
        ),
        ("query.request.film_id", {"type": "string", "required": True, "in": "path"}),
        ("query.headers.X-Pond", {"type": "integer", "required": False, "default": 3}),
        ("request.model", {"type": "string", "required": True, "enum": ["otter-1"]}),
        (
            "request.prompt",
            {"type": "string", "required": False, "described_as": "required", "max_length": 900, "nullable": True},
        ),
        (
            "request.ratio",
            {"type": "string", "required": False, "enum": ["1:1", "16:9"], "default": "1:1"},
        ),
        (
            "request.images",
            {"type": "array", "required": False, "items": "string", "items.format": "uri", "max_items": 2},
        ),
        (
            "request.zoom",
            {"type": "number", "required": False, "minimum": 0, "exclusive_maximum": 2, "step": 0.5},
        ),
        ("callback", {"field": "webhook", "method": "POST"}),
        ("request.sample", {"valid": True}),
        ("response", {"content_type": "application/json", "status": [200, 429]}),
        ("response.film_id", {"type": "string", "required": False}),
        ("response.code", {"type": "integer", "required": False}),
        ("codes", {"enum": [200, 429], "success": 200}),
        ("auth", {"scheme": "apikey", "header": "X-Key"}),
    ],
)
def test_a_block_has_each_fact_in_its_place(where, expected):
    assert openapi(BLOCK)[where] == expected


@pytest.mark.parametrize(
    ("old", "new", "where", "name", "expected"),
    [
        (
            "            429: Too fast",
            "            430: Too fast",
            "codes",
            "enum",
            {"values": [[200, 430], [200, 429]]},
        ),
        ("Use `otter-1`", "Use `otter-2`", "request.model", "enum", {"values": [["otter-1"], ["otter-2"]]}),
        ("Up to 900", "Up to 800", "request.prompt", "max_length", {"values": [900, 800]}),
    ],
)
def test_a_change_in_a_description_shows(old, new, where, name, expected):
    assert openapi(BLOCK.replace(old, new))[where][name] == expected


@pytest.mark.parametrize(
    "text",
    [
        BLOCK.replace("    post:", "\tpost:"),
        BLOCK.replace("schemas/Film", "schemas/Movie"),
        BLOCK.replace("\n```\n", "\n"),
        "```yaml\nopenapi: 3.0.1\npaths: {}\n```\n",
        "```yaml\npaths: {/films: {summary: nothing}}\n```\n",
    ],
)
def test_a_broken_block_is_unreadable(text):
    with pytest.raises(Unreadable):
        openapi(text)


SAMPLE = '{"model": "otter-1", "prompt": "a lake", "depth": 3}'
IN_BLOCK = "example: {model: otter-1, prompt: a river, ratio: '16:9'}"


@pytest.mark.parametrize(
    "text",
    [
        BLOCK.replace(IN_BLOCK, f"example: {SAMPLE}"),
        BLOCK.replace(IN_BLOCK, f"examples: {{one: {{value: {SAMPLE}}}, two: {{value: {{prompt: a}}}}}}"),
        BLOCK.replace("    Film:\n", f"    Film:\n      examples: [{SAMPLE}]\n"),
        f"{BLOCK}\n```json\n{SAMPLE}\n```\n",
        BLOCK.replace("Ask with `film_id`.", f"|-\n        ```json\n        {SAMPLE}\n        ```"),
    ],
    ids=["example", "examples by name", "examples of the schema", "block of code beside it", "block in a description"],
)
def test_samples_are_found_wherever_a_page_has_them(text):
    found = openapi(text)
    assert found["request.depth"] == {"type": "integer", "stated_by": "sample"}
    assert found["request.sample"] == {"valid": True}


def test_a_block_of_code_that_shares_no_field_is_no_sample():
    assert openapi(f'{BLOCK}\n```json\n{{"pond": 1}}\n```\n') == openapi(BLOCK)


CALLBACK = """\
      callbacks:
        done:
          '{$request.body#/data/webhook}':
            put:
              requestBody: {content: {application/json: {schema: {properties: {film_id: {type: string}}}}}}
"""
OTHERS = """\
  /films/list:
    get: {parameters: [{name: page, in: query, schema: {type: integer}}], responses: {'200': {description: x}}}
  /films/{film_id}/stop:
    post: {responses: {'200': {description: x}}}
"""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("      description: Ask", f"{CALLBACK}      description: Ask"),
        ("components:", f"webhooks:{CALLBACK.partition('done:')[2]}components:"),
    ],
)
def test_callbacks_are_read(old, new):
    found = openapi(BLOCK.replace("We send a POST request.", "").replace(old, new, 1))
    assert found["callback"] == {"field": "webhook", "method": "PUT"}
    assert found["callback.body.film_id"]["type"] == "string"


def test_operations_that_neither_create_nor_query_are_reported():
    text = BLOCK.replace("  /films/{film_id}:\n", f"{OTHERS}  /films/{{film_id}}:\n")
    block = openapi_block(text)
    assert block
    found = read_openapi(block, text)
    assert [one.why.partition(" neither")[0] for one in found.unread] == [
        "GET /films/list",
        "POST /films/{film_id}/stop",
    ]
    assert found.values == openapi(BLOCK)


def unread(text):
    block = openapi_block(text)
    assert block
    return [one.why for one in read_openapi(block, text).unread]


FAILED = "{content: {application/json: {schema: {properties: {code: {type: integer}, %s: {type: string}}}}}}"
BESIDE = "what stands beside the OpenAPI block is not read: "


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (f"{BLOCK}\n```yaml\nopenapi: 3.0.1\n```\n", "the page has another block, which is not read"),
        (f"{BLOCK}\n| Field | Type |\n|---|---|\n| depth | integer |\n", f"{BESIDE}Field | Type"),
        (f"{BLOCK}\n| Code | Meaning |\n|---|---|\n| 418 | Teapot |\n", f"{BESIDE}Code | Meaning"),
        (f"{BLOCK}\n#### depth\n\n- **Type**: integer\n", f"{BESIDE}depth"),
        (BLOCK.replace("'200':", "2XX:"), "no status of a successful request is stated"),
        (
            BLOCK.replace("{description: Too fast}", FAILED % "wait"),
            "fields of the response 429 alone are not read: wait",
        ),
    ],
    ids=["another block", "table of fields", "table of codes", "field in bullets", "any status", "failed response"],
)
def test_what_a_page_says_beside_what_is_read_is_reported(text, why):
    assert unread(text) == [why]


def complaints(text):
    """What cannot be read of a page, or why all of it cannot."""
    try:
        return unread(text)
    except Unreadable as wrong:
        return [wrong.why]


def lines_of_block():
    return BLOCK.partition("```yaml\n")[2].partition("```")[0].splitlines()


@pytest.mark.parametrize("end", range(3, len(lines_of_block()) - 1))
def test_a_block_that_is_cut_off_and_closed_is_not_whole(end):
    text = "\n".join(["```yaml", *lines_of_block()[:end], "```"])
    assert complaints(text)


@pytest.mark.parametrize(
    "line",
    [
        "`depth` (integer, optional): how deep.",
        "Send `river_bed`, a number, for more.",
        "- 418: the pond is frozen",
        "It returns 418 when the pond is frozen.",
        "<p><code>river_bed</code>: integer</p>",
        "`prompt` has at most 77 characters.",
    ],
)
@pytest.mark.parametrize("where", ["beside", "in the description"])
def test_a_line_of_prose_that_states_what_no_fact_holds_is_reported(line, where):
    beside = f"{BLOCK}\n{line}\n"
    inside = BLOCK.replace("description: Ask with `film_id`.", f"description: |-\n        Ask.\n\n        {line}")
    assert unread(beside if where == "beside" else inside)


def test_a_field_that_is_required_and_not_described_is_reported():
    assert unread(BLOCK.replace("required: [model]", "required: [model, depth]")) == [
        "it is required, and no property describes it"
    ]


def test_a_limit_in_a_description_that_is_no_fact_is_reported():
    assert unread(BLOCK.replace("Use `otter-1` only.", "Use `otter-1` only, at most 3 times.")) == [
        "a limit is not read: 3, in: Use otter-1 only, at most 3 times."
    ]


def test_a_failed_response_without_fields_of_its_own_is_not_reported():
    assert unread(BLOCK.replace("{description: Too fast}", FAILED % "film_id")) == []


def test_swagger_2_is_unreadable():
    with pytest.raises(Unreadable, match="Swagger 2"):
        openapi(BLOCK.replace("openapi: 3.0.1", "swagger: '2.0'"))
