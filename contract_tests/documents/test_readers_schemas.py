"""OpenAPI blocks and Apifox pages of our own."""

import json

import pytest

from scripts.documents import Facts, Unreadable
from scripts.documents.fields.json_schema import read_schema
from scripts.documents.forms.apifox import is_apifox, read_apifox
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
    return read_openapi(block).values


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
            {"type": "string", "required": False, "enum": ["16:9", "1:1"], "default": "1:1"},
        ),
        ("request.images", {"type": "array", "required": False, "items": "string", "format": "uri", "max_items": 2}),
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
def test_an_openapi_block_tells_each_thing_in_its_place(where, expected):
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
def test_a_change_of_its_words_alone_shows(old, new, where, name, expected):
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


def test_a_schema_may_hold_itself():
    found = Facts()
    otter = {"type": "object", "properties": {"child": {"$ref": "#/otter"}, "name": {"type": "string"}}}
    read_schema(found, "response", otter, {"otter": otter})
    assert found.values["response.child.child.name"] == {"type": "string", "required": False}


HEADER = {"name": "Authorization", "required": True, "type": "string", "enable": True, "sampleValue": "Bearer {{KEY}}"}
BODY = {
    "type": "application/json",
    "required": False,
    "jsonSchema": {
        "type": "object",
        "properties": {
            "prompt": {"type": "string", "description": "文字,必需,不超过300字符"},
            "speed": {"type": "string", "description": "速度,可选,slow(慢)或 fast(快)"},
            "lens": {"type": "object", "properties": {"pan": {"type": "integer"}}, "required": ["pan"]},
        },
        "required": ["prompt", "speed"],
    },
    "examples": [{"value": '{"prompt": "a", // text\n"lens": {}}', "mediaType": "application/json"}],
}
ANSWERS = [
    {
        "name": "ok",
        "code": 200,
        "contentType": "json",
        "jsonSchema": {"type": "object", "properties": {"code": {"type": "integer"}}, "required": ["code"]},
    }
]
SHOWN = [{"name": "ok", "responseId": 1, "data": '{"code": 0, "data": {"id": "1"}}'}]


def apifox(*, indent=None, first="POST /otter/v2/films", note="", **parts):
    page = {
        "参数": {"query": [], "path": [], "header": [HEADER]},
        "请求体": BODY,
        "响应": ANSWERS,
        "响应示例": SHOWN,
    } | parts
    blocks = [f"{name}\n{json.dumps(part, ensure_ascii=False, indent=indent)}" for name, part in page.items() if part]
    return "\n".join(["短片", first, note, *blocks])


def test_an_apifox_page_tells_each_thing_in_its_place():
    assert is_apifox(apifox())
    values = read_apifox(apifox(note="其他参数见官网")).values
    assert values["request"] == {
        "method": "POST",
        "path": "/otter/v2/films",
        "content_type": "application/json",
        "body_required": False,
        "open": True,
    }
    assert values["auth"] == {"scheme": "bearer", "header": "Authorization"}
    assert values["headers.Authorization"] == {"type": "string", "required": True}
    assert values["request.prompt"] == {"type": "string", "required": True, "max_length": 300}
    assert values["request.speed"] == {
        "type": "string",
        "required": True,
        "described_as": "optional",
        "enum": ["fast", "slow"],
    }
    assert values["request.lens.pan"] == {"type": "integer", "required": True}
    assert values["request.sample"] == {"valid": False}
    assert values["response"] == {"status": 200, "content_type": "application/json"}
    assert values["response.sample"] == {"valid": True}
    assert values["codes"] == {"success": 0}


def test_the_shape_of_its_json_tells_nothing():
    assert read_apifox(apifox(indent=2)).values == read_apifox(apifox()).values


def test_a_header_that_is_switched_off_is_none():
    parameters = {"header": [HEADER, {"name": "X-Pond", "type": "string", "enable": False}], "query": [], "path": []}
    assert "headers.X-Pond" not in read_apifox(apifox(参数=parameters)).values


def test_a_page_that_asks_for_a_task_has_no_body():
    parameters = {"path": [{"name": "id", "required": True, "type": "string"}], "query": [], "header": []}
    values = read_apifox(apifox(first="GET /otter/v2/films/{id}", 参数=parameters, 请求体=None)).values
    assert values["query.request.id"] == {"type": "string", "required": True, "in": "path"}
    assert values["query.response.code"] == {"type": "integer", "required": True}


@pytest.mark.parametrize("part", ["参数", "请求体", "响应"])
def test_a_part_that_is_missing_or_broken_is_named(part):
    with pytest.raises(Unreadable) as missing:
        read_apifox(apifox(**{part: None}))
    assert missing.value.part == part
    text = apifox()
    line = next(line for line, label in zip(text.splitlines()[1:], text.splitlines(), strict=False) if label == part)
    with pytest.raises(Unreadable) as broken:
        read_apifox(text.replace(line, line[: len(line) // 2]))
    assert broken.value.part == part


def test_a_page_without_an_address_is_unreadable():
    with pytest.raises(Unreadable) as caught:
        read_apifox(apifox(first="短片"))
    assert caught.value.part == "operation"
