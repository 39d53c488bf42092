"""What a Markdown page states in a form that is not read is reported, and the rest is kept."""

import re

import pytest

from contract_tests.documents.test_markdown_page import BULLETS, PAGE
from scripts.documents.forms.markdown_page import read_markdown


@pytest.fixture(scope="module")
def page():
    return read_markdown(PAGE)[1].values


TABLE = "| Parameter | Type |\n|---|---|\n| `depth` | int |\n"
HTML = "<table><tr><th>Parameter</th><th>Type</th></tr><tr><td>depth</td><td>int</td></tr></table>"
INDENTED = "".join(f"    {line}\n" for line in TABLE.splitlines())
UNKNOWN = "| Parameter | Type | Por defecto |\n|---|---|---|\n| `depth` | int | 4 |\n"
FIELD_OF_MINTLIFY = '<ParamField body="depth" type="int">\n  How deep.\n</ParamField>'


@pytest.mark.parametrize(
    ("block", "part", "why"),
    [
        (f"<Tab>\n{TABLE}</Tab>", "table", "|---|---|"),
        (f"<Tab>\n\n{INDENTED}\n</Tab>", "code", "|---|---|"),
        (HTML.removesuffix("</table>"), "table", "<th>Parameter</th>"),
        (f"See {HTML}", "table", "See <table>"),
        (FIELD_OF_MINTLIFY, "table", '<ParamField body="depth"'),
        (f"```\n{TABLE}```", "code", "|---|---|"),
        ("```ts\ninterface Film {\n  depth: number;\n}\n```", "code", "interface Film {"),
        ("```\n\n## Depth\n\nHow deep.\n```", "code", "## Depth"),
        ("- As follows:\n\n" + "".join(f"  {line}\n" for line in TABLE.splitlines()), "table", "within a list"),
        ("- As follows:\n\n  ```\n  |---|---|\n  ```", "code", "|---|---|"),
        (UNKNOWN, "table", "Por defecto"),
        ("| Parameter | Meaning |\n|---|---|\n| `depth` | how deep |\n", "table", "Parameter | Meaning"),
        ("| Parameter | Type | Default |\n|---|---|---|\n| `depth` | int |\n", "table", "`depth` | int"),
        ("**depth** `int`\n\nHow deep.", "fields", "depth int"),
        ("#### depth\n\n- **Tipo**: int\n- **Obligatorio**: no", "fields", "depth"),
        ("#### depth\n\n- **Type**: int\n- **Tiefe**: 4", "response.depth", "Tiefe"),
        ("#### depth\n\n- **Type**: int\n- **Options**:\n\n4 and 8", "response.depth", "nothing stands after Options"),
    ],
)
def test_a_form_that_is_not_read_is_reported(block, part, why):
    """Its type may be reported as well, where it is one line."""
    found = read_markdown(PAGE.replace("\n### The lens object", f"\n### Depth\n\n{block}\n\n### The lens object"))[1]

    twice = [("line", False)] if re.search(r"^<Tab>\n\||Tipo", block) else []
    assert [(one.part, why in one.why and one.part != "line") for one in found.unread] == [(part, True), *twice]
    assert found.values["request.prompt"] == read_markdown(PAGE)[1].values["request.prompt"]


def test_columns_that_are_empty_or_count_the_rows_are_not_reported():
    table = "| # | Parameter | Type | Ejemplo |\n|---|---|---|---|\n| 1 | `depth` | int | - |\n"
    assert read_markdown(PAGE.replace("\n### The lens object", f"\n{table}\n### The lens object"))[1].unread == []


def test_an_address_without_a_method_is_reported():
    text = PAGE.replace("## States", "Cancel at https://otter.example/v2/stop/all.\n\n## States").replace(
        "`/v2/films/{film_id}`", "`https://otter.example/v2/films/{film_id}`"
    )
    assert [one.why for one in read_markdown(text)[1].unread] == ["no method is named for /v2/stop/all"]


def test_a_field_has_the_type_and_mark_in_its_title():
    found = read_markdown(BULLETS + "\n#### depth (integer, required)\n\nAt most 4.\n")[1]
    assert {"type": "integer", "required": True}.items() <= next(
        stated for where, stated in found.values.items() if where.endswith(".depth")
    ).items()
    assert found.unread == []


def test_a_group_with_nothing_but_an_odd_title_is_no_group_of_fields():
    found = read_markdown(PAGE + "\n## Notes\n\n**depth** `int`\n")[1]
    assert [one.part for one in found.unread] == ["fields"]


def test_a_mark_with_a_label_in_a_list_of_fields_is_read():
    text = PAGE.replace("\n### The lens object", "\n- `depth` (int): 必填：是；how deep\n\n### The lens object")
    found = read_markdown(text)[1].values
    assert next(stated for where, stated in found.items() if where.endswith(".depth")) == {
        "type": "integer",
        "required": True,
    }


@pytest.mark.parametrize(
    "block",
    [
        "zoom_level\n: integer, optional. At most 9.",
        "zoom_level: integer, optional, at most 9.",
        "`zoom` — `integer`, optional",
        "zoom = integer, optional, 1..9",
        "Send `zoom_level` for a closer look, a number from 1 to 9.",
        "#### `zoom_level`\n\nHow close the lens comes.",
        "#### zoom_level integer optional\n\nHow close the lens comes.",
        "- Camera:\n  - zoom_level\n    - integer\n    - optional",
        "- Headers:\n  - X-Zoom-Level: how close",
        "| Attribute | Value |\n|---|---|\n| Name | zoom |\n| Type | integer |",
        "| | `zoom` |\n|---|---|\n| Type | integer |",
        "| Parámetro | Tipo | Obligatorio |\n|---|---|---|\n| `zoom_level` | entero | no |",
        "<dl><dt>zoom</dt><dd>integer, optional</dd></dl>",
        "<ul>\n<li>zoom_level: how close</li>\n</ul>",
        "```yaml\nzoom:\n  type: integer\n```",
        "```ts\nzoom?: number; // how close\n```",
        "**418** — the pond is frozen",
        "418\n: the pond is frozen",
        "`seconds` is from 3 to 99.",
        "`seconds` may be `3`, too.",
        "prompt: string, optional",
        "Type: integer",
        "- Body = `application/pond+json`",
        "In Node.js, pass `zoom_level`, an integer from 1 to 9.",
        "Our package sends `zoom_level` (optional).",
        "```text\nzoom_level   integer   optional\n```",
        "ZOOM_LEVEL = integer, optional",
        "zoom: an integer",
        "| Name | prompt |\n|---|---|\n| Required | No |",
        "| Attribute | Value |\n|---|---|\n| Name | prompt |\n| Required | No |",
        "| 1 | the words | prompt | No |\n|---|---|---|---|\n| 1 | the words | prompt | optional |",
        "`prompt`\n: Meaning: the words\n: Required: no",
    ],
)
def test_a_line_that_states_what_no_fact_holds_is_reported(page, block):
    found = read_markdown(PAGE.replace("\n## States", f"\n## More of it\n\n{block}\n\n## States"))[1]
    assert found.unread
    assert {where: found.values[where] for where in page} == page


@pytest.mark.parametrize(
    "block",
    [
        "Films of 10 seconds cost 35 credits; with sound, twice as many.",
        "| Kind | Price | Unit |\n|---|---:|---|\n| with sound, 720p | 0.1 | per second |",
        "- **Tip**: short sentences work best, at most two of them.\n- **New**: it swims.",
        "The number of films is no object: strings of them are made each day.",
        "Your `API_KEY` stays on your server; run `npm install` and read `process.env`.",
        "```python\nimport pond\n\nprint(pond.film(prompt='a duck'))\n```",
        "If there is sound, `seconds` is from 3 to 99.",
        "## Changelog\n\n- `zoom_level` (integer) is gone.",
        '<img src="https://otter.example/a_duck.png">',
        "| Model | Max length | Audio |\n|---|---|---|\n| Veo 3 | 8 s | No |",
        "Optional: read the terms of use.",
        "**Optional**: watch the video tutorial.",
        "1. Credit card: optional\n2. API key: required, create one in the dashboard",
        "企业用户需要提供营业执照(必填)。",
        "此模型支持中英文；是否商用：是。充值金额必填，最低 5 美元。",
        "- Education: number lines, arrays of shapes, objects in motion.",
        "- Video: string theory explained",
        "```text\nPOND_API_KEY=sk-...\nlog_level: debug\n```",
        "POND_API_KEY=sk-...",
        "Pass `film_id` to `wait_for_film` from our package `pond_sdk`, it returns when the film is ready.",
        "In Node.js, `setTimeout` and `fetch` accept a callback; `process.env` holds your key.",
        "请先设置环境变量 `POND_API_KEY`，然后传入 `base_url` 即可。",
    ],
)
def test_prose_prices_tips_and_what_is_known_already_are_not_reported(page, block):
    found = read_markdown(PAGE.replace("\n## States", f"\n## More of it\n\n{block}\n\n## States"))[1]
    assert (found.unread, found.values) == ([], page)


@pytest.mark.parametrize(
    "sentence",
    [
        "It costs at most 20 credits.",
        "At least 3 ideas help; write up to 5 sentences.",
        "Prompts of 10-20 words work best.",
        "It is kept for at most 14 days.",
        "费用最多 20 积分，最多保留 14 天。",
    ],
)
def test_limits_of_something_else_than_the_field_are_not_reported(sentence):
    assert read_markdown(BULLETS + f"\n#### depth\n\n- **Type**: string\n- {sentence}\n")[1].unread == []


@pytest.mark.parametrize("unit", ["characters", "items", "MB", "px", "seconds", "ms"])
def test_limits_with_the_unit_of_a_value_are_read_or_reported(unit):
    found = read_markdown(BULLETS + f"\n#### depth\n\n- **Type**: boolean\n- Under 30 {unit}.\n")[1]
    (depth,) = (facts for where, facts in found.values.items() if where.endswith(".depth"))
    assert found.unread or len(depth) > len(["type"])


def test_a_bare_value_is_reported_unless_a_fact_of_its_field_holds_it():
    head = "# Otter 3\n\nPOST `https://otter.example/v2/films`\n\n## Request body\n\n"
    rows = "| Name | Type | Required | Description |\n|---|---|---|---|\n| model | string | Yes | `otter-3` |\n"
    other = "| depth | string | Yes | `4` |\n"
    assert read_markdown(head + rows)[1].unread == []
    assert [one.part for one in read_markdown(head + rows + other)[1].unread] == ["request.depth"]


@pytest.mark.parametrize(
    "statement",
    [
        "- Yes",
        "- `4`",
        "- Tipo: integer",
        "- Longitud: 4 characters",
        "- Opciones:\n    - `4`: four",
        "- Default → 4",
        "- **Max length**: some",
        "- The shape is as in `zoom_level`, a parameter.",
        "- From 3 to 99.",
        "- `tint`; `integer`; how blue",
    ],
)
def test_what_stands_in_a_field_and_is_no_fact_is_reported(statement):
    found = read_markdown(BULLETS + f"\n#### depth\n\n- **Type**: string\n{statement}\n")[1]
    assert {one.part.rpartition(".")[2] for one in found.unread} == {"depth"}
