"""What a Markdown page states in a form that is not read is reported, and the rest is kept."""

import pytest

from contract_tests.documents.test_markdown_page import BULLETS, PAGE
from scripts.documents.forms.markdown_page import read_markdown

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
    found = read_markdown(PAGE.replace("\n### The lens object", f"\n### Depth\n\n{block}\n\n### The lens object"))[1]

    assert [(one.part, why in one.why) for one in found.unread if one.part != "line"] == [(part, True)]
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
