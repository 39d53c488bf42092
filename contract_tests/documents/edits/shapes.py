"""Rewordings of the structure: lists for tables, tables for lists, and parts that state nothing new."""

import re
from collections.abc import Callable
from random import Random

from contract_tests.documents.edits.lines import BULLET, cells, prose, sections, tables, title

TYPE = re.compile(r"类型|Type")
CODES = re.compile(r"(错误码|状态码|代码|Code)$")
STATES = re.compile(r"(状态|状态值)$")
MARKS = {"是": "必填", "Yes": "required", "否": "可选", "No": "optional"}

Rows = list[list[str]]


def _bare(cell: str) -> str:
    """Without the marks around a word."""
    return re.sub(r"</?code>|\\?`|\*\*|^\[|\]\(.*?\)$", "", cell)


def _each(text: str, fits: Callable[[list[str]], object], write: Callable[[list[str], Rows], list[str]]) -> str:
    """Rewrite every matching table, given the cells of its header and of its rows."""

    def changed(table: list[str]) -> list[str]:
        header, *rows = ([cell.strip() for cell in cells(line)] for line in (table[0], *table[2:]))
        return ["", *write(header, rows), ""] if fits(header) else table

    return tables(text, changed)


def tables_as_fields(text: str, _: Random) -> str:
    """Write a heading and a list for every row."""

    def write(header: list[str], rows: Rows) -> list[str]:
        lines = []
        for name, *rest in rows:
            bullets = [f"- **{label}**: {cell}" for label, cell in zip(header[1:], rest, strict=True) if cell != "-"]
            lines += [f"#### {_bare(name)}", *bullets, ""]
        return lines

    return _each(text, lambda header: len(header) > 2 and TYPE.fullmatch(header[1]), write)


def tables_as_lists(text: str, _: Random) -> str:
    """An item for every row: its name, its type and mark in brackets, and what it is."""

    def write(header: list[str], rows: Rows) -> list[str]:
        lines = []
        for name, kind, *rest in rows:
            mark = f"，{MARKS[_bare(rest[0])]}" if _bare(rest[0]) in MARKS else ""
            default = f"，默认 {rest[1]}" if len(rest) > 2 and rest[1] != "-" else ""
            lines.append(f"- `{_bare(name)}`（{_bare(kind)}{mark}）：{rest[-1]}{default}")
        return lines

    return _each(text, lambda header: len(header) > 2 and TYPE.fullmatch(header[1]), write)


def _listed(heads: re.Pattern[str], item: str) -> Callable[[str, Random], str]:
    def written(text: str, _: Random) -> str:
        return _each(
            text,
            lambda header: heads.match(header[0]) and not TYPE.fullmatch(header[1]),
            lambda _, rows: [item.format(_bare(one), rest[0]) for one, *rest in rows],
        )

    return written


def codes_with_colons(text: str, random: Random) -> str:
    return _listed(CODES, "- `{0}`：{1}")(text, random)


def codes_with_spaces(text: str, random: Random) -> str:
    return _listed(CODES, "- {0} {1}")(text, random)


def states_as_lists(text: str, random: Random) -> str:
    return _listed(STATES, "- `{0}`：{1}")(text, random)


def codes_of_http(text: str, _: Random) -> str:
    return re.sub(r"^\| `?([1-5]\d\d)`? ", r"| HTTP \1 ", text, flags=re.MULTILINE)


def less_nested(text: str, _: Random) -> str:
    """Indent nested lists by less than the width of the mark above them."""
    return prose(text, lambda line: BULLET.sub(lambda m: f"  {m[2]} " if m[1] else f"{m[2]}   ", line))


def mixed_bullets(text: str, _: Random) -> str:
    """Give the items of one list different marks."""
    return re.sub(r"^[-*+]( +\*\*(?:类型|Type))", r"+\1", text, flags=re.MULTILINE)


def dashed_labels(text: str, _: Random) -> str:
    label = re.compile(r"^([-*+] +)\*\*([^*:：\n]{1,12})(?::\*\*|\*\*:)(?= |$)")
    return prose(text, lambda line: label.sub(r"\1\2 -", line))


def bracketed_labels(text: str, _: Random) -> str:
    label = re.compile(r"^([-*+] +)\*\*([^*:：\n]{1,12})(?::\*\*|\*\*:)(?= |$)")
    return prose(text, lambda line: label.sub(r"\1【\2】", line))


def closer_words(text: str, _: Random) -> str:
    """Remove the space between Chinese and Latin letters, except in lines whose value may be a sentence."""
    gap = re.compile(r"(?<=[\u4e00-\u9fff]) (?=[A-Za-z0-9`])|(?<=[A-Za-z0-9`]) (?=[\u4e00-\u9fff])")
    return prose(text, lambda line: line if re.search("默认|缺省|Default|示例|^#", line) else gap.sub("", line))


def questions(text: str, _: Random) -> str:
    return f"{text.rstrip()}\n\n## 常见问题\n\n**要等多久？**\n\n短则片刻，长则一会儿。\n" if "\n## " in text else text


def versions(text: str, _: Random) -> str:
    rows = "| 日期 | 版本 | 内容 |\n|---|---|---|\n| 2026-05-01 | v1.2 | 改了错字 |\n| 2026-03-10 | v1.1 | 换了插图 |\n"
    return f"{text.rstrip()}\n\n## 修订记录\n\n{rows}" if "\n## " in text else text


def prices(text: str, _: Random) -> str:
    rows = "| 时长 | 积分 |\n|---|---|\n| 5 秒 | 50 |\n| 10 秒 | 100 |\n"
    return f"{text.rstrip()}\n\n## 价格\n\n{rows}" if "\n## " in text else text


def contents(text: str, _: Random) -> str:
    """Add a table of contents before the first section."""
    names = [name for part in sections(text, 2) if (name := title(part, 2))]
    listed = "\n".join(f"- [{name}](#part-{number})" for number, name in enumerate(names))
    return re.sub(r"^## ", f"## 目录\n\n{listed}\n\n## ", text, count=1, flags=re.MULTILINE)


SHAPES = (
    tables_as_fields, tables_as_lists, codes_with_colons, codes_with_spaces, states_as_lists, codes_of_http,
    less_nested, mixed_bullets, dashed_labels, bracketed_labels, closer_words, questions, versions, prices, contents,
)  # fmt: skip
