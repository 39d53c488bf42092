"""Facts of a Markdown page find their places by structure and content rather than by headings."""

import pytest

from scripts.documents import Unreadable
from scripts.documents.forms.markdown_page import read_markdown

PAGE = """\
# Otter films

## Create a film

- **Endpoint**: `POST https://api.otter.example/v2/films`
- **Content-Type**: `application/json`

| Parameter | Type | Required | Default | Description |
|---|---|---|---|---|
| `model` | string | Yes | - | Which model |
| `prompt` | string | Yes | - | What to film, up to 900 characters |
| `seconds` | int | No | 4 | Options: 4, 8 |
| `lens` | object | No | - | Holds `type` and `value` |
| `callback_url` | string | No | - | We send a POST request there |

### The lens object

| Parameter | Type | Description |
|---|---|---|
| `type` | string | Options: `wide`, `long` and so on |

```json
{"model": "otter-1", "prompt": "a river", "lens": {"type": "wide", "value": 2}}
```

| Parameter | Type | Description |
|---|---|---|
| `code` | integer | 0 means success |
| `film_id` | string | Its id |
| `state` | string | See below |

```json
{"code": 0, "film_id": "f1", "state": "new"}
```

## Ask for a film

- **Method**: GET
- **Path**: `/v2/films/{film_id}`

```json
{"code": 0, "film_id": "f1", "state": "done", "film": {"url": "https://otter.example/1.mp4"}, "error": null}
```

Poll every 3-6 seconds. The film is kept for 2 days.

## States

| State | Meaning |
|---|---|
| `new` | not begun |
| `done` | made |

## Models

| Model | Model ID | Features |
|---|---|---|
| Otter One | `otter-1` | text, images |
| Otter Two | `otter-2` | text |

## Errors

| Code | Meaning |
|---|---|
| 400 | wrong |
| 429 | too fast |

Every request carries a header `Authorization: Bearer YOUR_KEY`.
"""


def facts(text):
    return read_markdown(text)[1].values


@pytest.fixture(scope="module")
def page():
    return facts(PAGE)


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
            },
        ),
        ("query.request", {"method": "GET", "path": "/v2/films/{film_id}"}),
        ("query.request.film_id", {"in": "path"}),
        ("auth", {"header": "Authorization", "scheme": "bearer"}),
        ("request.model", {"type": "string", "required": True, "enum": ["otter-1", "otter-2"]}),
        ("request.prompt", {"type": "string", "required": True, "max_length": 900}),
        ("request.seconds", {"type": "integer", "required": False, "default": 4, "enum": [4, 8]}),
        ("request.lens.type", {"type": "string", "enum": ["wide", "long"], "open": True}),
        ("request.lens.value", {"type": "integer", "stated_by": "sample"}),
        ("request.sample", {"valid": True}),
        ("callback", {"field": "callback_url", "method": "POST"}),
        ("response.state", {"type": "string", "enum": ["new", "done"]}),
        ("query.response.state", {"type": "string", "enum": ["new", "done"], "stated_by": "sample"}),
        ("query.response.film.url", {"type": "string", "stated_by": "sample"}),
        ("query.response.error", {"nullable": True}),
        ("codes", {"enum": [400, 429], "success": 0}),
        ("models.otter-1", {"name": "Otter One", "features": ["images", "text"]}),
        ("polling", {"seconds": [3, 6]}),
        ("results", {"lifetime_hours": 48}),
    ],
)
def test_a_page_has_each_fact_in_its_place(page, where, expected):
    assert page[where] == expected


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("## Create a film", "## One"),
        ("### The lens object", "# Three"),
        ("## Ask for a film", "#### Two"),
        ("| `type` | string |", "| type | String |"),
        ("Poll every 3-6 seconds.", "Between two polls, wait 3 to 6 seconds."),
        ("up to 900 characters", "at most 900 characters"),
        ("kept for 2 days", "kept for 48 hours"),
        ('{"model": "otter-1", "prompt": "a river"', '{"prompt": "a lake", "model": "otter-2"'),
    ],
)
def test_other_words_and_headings_change_no_fact(page, old, new):
    assert facts(PAGE.replace(old, new)) == page


def test_the_order_of_sections_changes_no_fact(page):
    head, *sections = PAGE.split("\n## ")
    assert facts("\n## ".join([head, *reversed(sections)])) == page


ATTRIBUTES = "`model` names the camera.\n\n| Property | Value |\n|---|---|\n| Type | int |\n| Optional | Yes |\n\n"


@pytest.mark.parametrize(
    ("old", "new", "where", "name", "expected"),
    [
        ("POST https", "PUT https", "request", "method", "PUT"),
        ("| `done` |", "| `over` |", "response.state", "enum", ["new", "over"]),
        ("| 429 |", "| 430 |", "codes", "enum", [400, 430]),
        ("## Ask", f"{ATTRIBUTES}## Ask", "request.model", "type", {"values": ["string", "integer"]}),
        ("## Ask", f"{ATTRIBUTES}## Ask", "request.model", "required", {"values": [True, False]}),
        ("0 means success", "1 means success", "codes", "success", 1),
        ('"state": "new"', '"state": "odd"', "response.state", "enum", {"values": [["new", "done"], ["odd"]]}),
        ('"film_id": "f1", "state": "new"', '"state": "new"', "response.film_id", "type", "string"),
        ("Bearer YOUR_KEY", "Basic YOUR_KEY", "auth", "scheme", "basic"),
        (
            "Poll every 3-6 seconds.",
            "## Polling\n- First 20 s: every 2 seconds\n- after 1 minute: every 10-20 seconds\n",
            *("polling", "schedule", [{"until": 20, "every": [2]}, {"after": 60, "every": [10, 20]}]),
        ),
        ("Poll every 3-6 seconds.", "Poll. Stop after 5 minutes.", "polling", "timeout_seconds", [300]),
        ("Poll", "`prompt` has up to 800 characters. Poll", "request.prompt", "max_length", {"values": [900, 800]}),
    ],
)
def test_a_change_of_meaning_shows(old, new, where, name, expected):
    assert facts(PAGE.replace(old, new))[where][name] == expected


BULLETS = """\
**Endpoint:** `POST /v2/films`

```bash
curl -X POST https://api.otter.example/v2/films \\
  -H 'Authorization: Bearer <key>' \\
  -H 'X-Pond: 3' \\
  -d '{"input": {"prompt": "x"}}'
```

### Body

#### input
*   **Type:** `object`
*   **Required:** Yes

**input.prompt**
*   **Type:** `string`
*   **Required:** `Yes`
*   **Description:** The text.
    *   Up to 1,200 characters.
*   **Example:** `"a river"`

**input.ratio**
* Type: `enum<string>`
* Default: `16:9`
* Options:
  * `16:9`: 16:9
  * `1:1`: 1:1
* Example: "4:3"

**input.images**
- **Type**: array of strings
- **Required**: No
- **Max File Size**: 2.5MB
- **Accepted File Types**: image/png, image/jpeg

**input.seed**
- **Type**：integer
- **Range**：-1 - 1,000 (step: 1)

### Answer

**code**
* Type: integer
* Values:
  * `200`: Success
  * `404`: Not found
"""


def test_bullets_describe_fields():
    form, values = read_markdown(BULLETS)[0], facts(BULLETS)
    assert form == "kie"  # the form with bullets, whoever uses it
    assert values["request"] == {"method": "POST", "path": "/v2/films", "host": "https://api.otter.example"}
    assert values["headers.X-Pond"] == {"stated_by": "sample"}
    assert values["request.input"] == {"type": "object", "required": True}
    assert values["request.input.prompt"] == {"type": "string", "required": True, "max_length": 1200}
    assert values["request.input.ratio"] == {"type": "string", "default": "16:9", "enum": ["16:9", "1:1"]}
    assert values["request.input.images"] == {
        "type": "array",
        "items": "string",
        "required": False,
        "max_bytes": 2500000,
        "media_types": ["image/jpeg", "image/png"],
    }
    assert values["request.input.seed"] == {"type": "integer", "minimum": -1, "maximum": 1000, "step": 1}
    assert values["response.code"] == {"type": "integer"}
    assert values["codes"] == {"enum": [200, 404], "success": 200}


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("# Otters\n\nThey swim.\n", "operation"),
        ("`POST /v2/films`\n\nThey swim.\n", "fields"),
        (PAGE[: PAGE.index('"otter-1"')], "page"),
        (PAGE[: PAGE.index(" to film")], "page"),
        (BULLETS[: BULLETS.index("string`")], "page"),
    ],
)
def test_a_page_without_facts_or_cut_off_is_unreadable(text, part):
    with pytest.raises(Unreadable) as caught:
        read_markdown(text)
    assert caught.value.part == part


@pytest.mark.parametrize(
    ("old", "new", "lost"),
    [
        ("| `film_id` |", "| film ID |", {"response.film_id": ["type"]}),
        ("| 429 |", "| 4xx |", {"codes": ["enum"]}),
        ("| `done` |", "| 完成 |", {"response.state": ["enum"], "query.response.state": ["enum"]}),
        ("| Otter Two | `otter-2` |", "| Otter Two | soon |", {"models.otter-2": None, "request.model": ["enum"]}),
        ("| `prompt` | string |", "| `prompt` | string|text |", {"request.prompt": ["required", "max_length"]}),
    ],
)
def test_an_odd_row_is_reported_and_the_others_are_kept(page, old, new, lost):
    found = read_markdown(PAGE.replace(old, new))[1]

    assert [
        new.split("|")[1].strip(" `") in one.why.replace("`", "") or "Otter Two" in one.why for one in found.unread
    ] == [True]
    assert found.values.keys() >= page.keys() - {where for where, names in lost.items() if names is None}
    rest = {where: stated for where, stated in page.items() if where not in lost}
    assert {where: found.values[where] for where in rest} == rest


def test_a_table_of_fields_that_names_none_is_reported():
    odd = "## More\n\n| 参数名 | 类型 |\n|---|---|\n| 第一 | string |\n| 第二 | string |\n"
    assert [one.part for one in read_markdown(PAGE + odd)[1].unread] == ["table"]


@pytest.mark.parametrize(
    ("old", "new", "gone"),
    [
        ("| `seconds` |", "| ~~`seconds`~~ |", "request.seconds"),
        ("| 429 | too fast |", "| ~~429~~ | too fast |", 429),
        ("`wide`, `long`", "`wide`, ~~`long`~~", "long"),
        ("`wide`, `long`", "`wide`, <del>`long`</del>", "long"),
    ],
)
def test_what_is_struck_through_is_gone_and_nothing_else(page, old, new, gone):
    found = read_markdown(PAGE.replace(old, new))[1]
    assert str(gone) in str(page)
    assert str(gone) not in str(found.values)
    assert found.unread == []
    assert len(str(page)) - len(str(found.values)) < 120


@pytest.mark.parametrize("mark", ["[^1]", "<sup>1</sup>", "¹", "†"])
def test_footnote_marks_and_tables_in_html_change_no_fact(page, mark):
    head, *rows = PAGE.partition("\n\n```json\n")[0].rpartition("\n\n")[2].splitlines()
    cells = [[cell.strip(" `") for cell in row.strip("|").split("|")] for row in (head, *rows[1:])]
    html = "<table>\n" + "\n\n".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in cells)
    text = PAGE.replace("| `prompt` |", f"| `prompt`{mark} |").replace("\n".join((head, *rows)), f"{html}</table>")
    assert text != PAGE
    # Without backticks, the choices of `lens.type` are words like any other.
    assert facts(text) | {"request.lens.type": page["request.lens.type"]} == page


SEED = "**input.seed**\n- **Type**：integer\n- **Range**：-1 - 1,000 (step: 1)\n"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("*   **Type:** `string`\n*   **Required:** `Yes`\n", "*   **Type:** `string`（必填）\n"),
        ("- **Accepted File Types**:", "- **Note**: Addresses.\n\n  Formats:"),
        (SEED, "**input.seed**\n\n**Type**: integer\n**Range**: -1 - 1,000 (step: 1)\n"),
        (SEED, "**input.seed**\n**Type**: integer\n**Range**: -1 - 1,000 (step: 1)\n"),
        (SEED, "##### input.seed\n\n`integer`\n\nRange: -1 - 1,000 (step: 1)\n"),
        ("  * `404`: Not found\n", "  * `404`: Not found\n\n```\n"),
        ("### Answer", "### Changelog\n\n- `input.seed` once had the default 3.\n\n### Answer"),
        ("**Endpoint:**", "**Type:** Bearer Token (API Key)\n\n**Endpoint:**"),
        ("### Answer", "### Listen\n\nYour server gets `POST https://your-server.net/films`.\n\n### Answer"),
    ],
)
def test_other_ways_to_write_it_change_no_fact(old, new):
    assert old in BULLETS
    found = read_markdown(BULLETS.replace(old, new))[1]
    assert found.values == facts(BULLETS)
    assert found.unread == []


@pytest.mark.parametrize(
    ("old", "new", "parts"),
    [
        ("**input.seed**", "**the seed**", ["fields", "line"]),  # the line of its type
        (
            "### Answer",
            "### A\n\n- **seed** (int): x\n- **tint** (int): x\n- **别的** (int): x\n\n### Answer",
            ["fields"],
        ),
    ],
)
def test_a_description_of_no_field_is_reported(old, new, parts):
    assert [one.part for one in read_markdown(BULLETS.replace(old, new))[1].unread] == parts


LIST = """
## More

- **Method**: GET
- **Path**: `/v2/films`

| Parameter | Type | Required |
|---|---|---|
| `pageSize` | int | No |

```json
{"code": 0, "total": 5, "all": []}
```
"""


@pytest.mark.parametrize(
    ("more", "operation"),
    [
        (LIST, "GET /v2/films"),
        (LIST.replace("GET", "POST").replace("/v2/films", "/v2/films/{film_id}"), "POST /v2/films/{film_id}"),
        ("\nAll: `GET /v2/films?pageNum=1&pageSize=30`\n", "GET /v2/films"),
        ("\n## Stop\n\n`DELETE /v2/films/{film_id}/making`\n", "DELETE /v2/films/{film_id}/making"),
    ],
)
def test_another_operation_is_reported_and_its_fields_are_no_others(page, more, operation):
    found = read_markdown(PAGE + more)[1]
    assert [one.why.partition(" neither")[0] for one in found.unread] == [operation]
    assert found.values == page


@pytest.mark.parametrize(
    ("more", "where", "name", "value"),
    [
        ("\nA header `X-Pond` may be sent.\n", "headers.X-Pond", "stated_by", "prose"),
        ("\nIt returns 1303 if there are too many.\n", "codes", "enum", [400, 429, 1303]),
        ("\n视频会在 3 天后被清理。\n", "results", "lifetime_hours", {"values": [48, 72]}),
    ],
)
def test_what_a_paragraph_alone_says_is_read(page, more, where, name, value):
    found = facts(PAGE + more)
    assert found[where][name] == value
    assert {at: found[at] for at in page if at != where} == {at: page[at] for at in page if at != where}
