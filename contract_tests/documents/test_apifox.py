"""Facts of the text of an Apifox page."""

import json

import pytest

from scripts.documents import Unreadable
from scripts.documents.forms.apifox import is_apifox, read_apifox

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
RESPONSES = [
    {
        "name": "ok",
        "code": 200,
        "contentType": "json",
        "jsonSchema": {"type": "object", "properties": {"code": {"type": "integer"}}, "required": ["code"]},
    }
]
SAMPLES = [{"name": "ok", "responseId": 1, "data": '{"code": 0, "data": {"id": "1"}}'}]


def apifox(*, indent=None, first="POST /otter/v2/films", note="", **parts):
    page = {
        "参数": {"query": [], "path": [], "header": [HEADER]},
        "请求体": BODY,
        "响应": RESPONSES,
        "响应示例": SAMPLES,
    } | parts
    blocks = [f"{name}\n{json.dumps(part, ensure_ascii=False, indent=indent)}" for name, part in page.items() if part]
    return "\n".join(["短片", first, note, *blocks])


def test_an_apifox_page_has_each_fact_in_its_place():
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
        "enum": ["slow", "fast"],
    }
    assert values["request.lens.pan"] == {"type": "integer", "required": True}
    assert values["request.sample"] == {"valid": True}
    assert values["response"] == {"status": 200, "content_type": "application/json"}
    assert values["response.sample"] == {"valid": True}
    assert values["codes"] == {"success": 0}


def test_the_layout_of_its_json_changes_no_fact():
    assert read_apifox(apifox(indent=2)).values == read_apifox(apifox()).values


def test_a_disabled_header_is_left_out():
    parameters = {"header": [HEADER, {"name": "X-Pond", "type": "string", "enable": False}], "query": [], "path": []}
    assert "headers.X-Pond" not in read_apifox(apifox(参数=parameters)).values


def test_a_page_about_a_query_needs_no_body():
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
