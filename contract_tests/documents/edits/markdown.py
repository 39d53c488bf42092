"""Rewordings of the Markdown: the same page with other marks."""

import re
from collections.abc import Callable
from random import Random

from contract_tests.documents.edits.lines import (
    BULLET,
    HEADING,
    cells,
    each_cell,
    fences,
    lines_with_code_flag,
    prose,
    row,
    tables,
)

Rewording = Callable[[str, Random], str]
Replacement = str | Callable[[re.Match[str]], str]

LABEL = re.compile(r"\*\*([^*\n]+?)\s*([:：]?)\*\*([:：]?)")
"""A label in bold: the words, the colon inside, the colon outside."""
HIDDEN = "<!-- once: `GET /old/path`, 最大长度: 7, | 999 | -->"


def lines(pattern: str | re.Pattern[str], put: Replacement) -> Rewording:
    """Replace a pattern in every line that is no code."""
    some = re.compile(pattern)
    return lambda text, _: prose(text, lambda line: some.sub(put, line))


def anywhere(pattern: str, put: Replacement) -> Rewording:
    """Replace a pattern anywhere."""
    some = re.compile(pattern, re.MULTILINE)
    return lambda text, _: some.sub(put, text)


def before_sections(words: str) -> Rewording:
    return lines(r"^(?=## )", f"{words}\n\n")


def labels(form: str) -> Rewording:
    """Write labels in bold in another way, given the words and the colon."""

    def label(match: re.Match[str]) -> str:
        colon = match[2] or match[3]
        return form.format(match[1], colon) if colon else match[0]

    return lines(LABEL, label)


def sections_numbered(form: str, numbers: list[str]) -> Rewording:
    """Number the sections, or number them in another way."""

    def numbered(text: str, _: Random) -> str:
        following = iter(numbers)
        return prose(text, lambda line: re.sub(form, lambda m: f"## {next(following)}{m[1]}", line))

    return numbered


def in_cells(pattern: str, put: Replacement, *, names_only: bool = False) -> Rewording:
    some = re.compile(pattern)
    return lambda text, _: each_cell(text, lambda at, cell: cell if names_only and at else some.sub(put, cell))


def rows(change: Callable[[list[str]], list[str]]) -> Rewording:
    return lambda text, _: tables(text, change)


def fenced(change: Callable[[str], str]) -> Rewording:
    """Change the word after the marks of each fence."""
    return lambda text, _: fences(text, lambda info, body: (change(info), body))


def header_is_data(table: list[str]) -> bool:
    """Whether the first row is a fact rather than titles, as in `| Method | POST |`."""
    return any(re.search(r"[A-Z]{3,}", cell) for cell in cells(table[0]))


def reversed_columns(table: list[str]) -> list[str]:
    return table if header_is_data(table) else [row(cells(line)[::-1]) for line in table]


def another_column(table: list[str]) -> list[str]:
    if header_is_data(table):
        return table
    ends = [" 版本 |", "---|", *[" v1 |"] * (len(table) - 2)]
    return [f"{line.rstrip()}{end}" for line, end in zip(table, ends, strict=True)]


def line_breaks_in_cells(text: str, _: Random) -> str:
    some = re.compile(r"[，。；](?=.)(?![^（(\[]*[）)\]])")
    return each_cell(text, lambda at, cell: cell if at < 2 else some.sub("<br>", cell))


def escapes_for_backticks(match: re.Match[str]) -> str:
    return match[1].replace("_", r"\_")


def entities(text: str, _: Random) -> str:
    """Write marks as the HTML entities of an export."""
    mark = re.compile(r"`([a-z]+)<([a-z]+)>`")
    return prose(text, lambda line: mark.sub(r"\1&lt;\2&gt;", line).replace("≤", "&le;").replace("（", "&#65288;"))


def escaped_marks(text: str, _: Random) -> str:
    """Escape brackets outside of code, as some editors do."""

    def escaped(line: str) -> str:
        parts = line.split("`")
        return "`".join(
            part if i % 2 else re.sub(r"(?<!\]\()([\[\]])(?!\()", r"\\\1", part) for i, part in enumerate(parts)
        )

    return prose(text, lambda line: line if "](" in line else escaped(line))


def folded_samples(text: str, _: Random) -> str:
    """Put each sample into a <details> block."""
    opened = "<details>\n<summary>示例</summary>\n\n```{}\n{}\n```\n\n</details>"
    block = re.compile(r"^```(json|bash)\n(.*?)\n```$", re.MULTILINE | re.DOTALL)
    return block.sub(lambda m: opened.format(m[1], m[2]), text)


def trailing_spaces(text: str, _: Random) -> str:
    return "\n".join(line if code or not line else f"{line}  " for line, code in lines_with_code_flag(text))


CHINESE = "一二三四五六七八九十"
NAMES = {"json": "JSON", "bash": "shell", "yaml": "yml", "javascript": "js", "": "text"}
VALUE = r"^(\s*[-*+]\s+(?:\*\*)?[^`*:：]+(?::\*\*|\*\*:|\*\*：|：\*\*)\s*)([A-Za-z0-9_.]+|是|否)$"
METHOD = r"^(.{0,3}\**(?:请求方法|请求方式|Method)\W+)(POST|GET)\b"

MARKDOWN: dict[str, Rewording] = {
    "stars": lines(BULLET, r"\1*\3"),
    "pluses": lines(BULLET, r"\1+\3"),
    "narrow bullets": lines(BULLET, r"\1\2 "),
    "wide bullets": lines(BULLET, lambda m: f"{'    ' * bool(m[1])}{m[2]}   "),
    "tabbed bullets": lines(BULLET, lambda m: "\t" * bool(m[1]) + m[2] + m[3]),
    "bullets apart": lines(BULLET, r"\n\g<0>"),
    "plain labels": labels("{0}{1}"),
    "colons inside": labels("**{0}{1}**"),
    "wide colons": labels("**{0}**："),
    "narrow colons": labels("**{0}**: "),
    "spaced colons": labels("**{0}** {1} "),
    "bold labels": lines(r"^(\s*[-*+]\s+)([^\s*`:：，。][^*`:：，。]{0,20})([:：])(?!//)", r"\1**\2**\3"),
    "underscored bold": lines(r"\*\*([^*\n]+)\*\*", r"__\1__"),
    "deeper headings": lines(HEADING, r"#\g<0>"),
    "closed headings": lines(HEADING, r"\1 \2 \1"),
    "bold headings": lines(r"^(#{2,3}) (.+)$", r"\1 **\2**"),
    "colons after headings": lines(r"^(#{2,3}) (.+)$", r"\1 \2："),
    "numbered headings": sections_numbered(r"^## (?!\d)(.+)$", [f"{number}. " for number in range(1, 100)]),
    "chinese numbers": sections_numbered(r"^## (?:\d+\. )?(.+)$", [f"{one}、" for one in CHINESE * 3]),
    "headings without numbers": lines(r"^(#+) \d+\. ", r"\1 "),
    "fields as headings": lines(r"^\*\*([\w.]+)\*\*$", r"#### \1"),
    "fields in bold": lines(r"^#### ([\w.]+)$", r"**\1**"),
    "fields as code": lines(r"^(#### |\*\*)([\w.]+)(\*\*)?$", r"\1`\2`\3"),
    "no backticks": lines(r"`([^`<>*\[\]]+)`", r"\1"),
    "escapes for backticks": lines(r"`([\w./:-]+)`", escapes_for_backticks),
    "backticks on values": lines(VALUE, r"\1`\2`"),
    "backticks in cells": in_cells(r"^(\s*)([A-Za-z_][\w.]*|\d+)(\s*)$", r"\1`\2`\3"),
    "bold names in cells": in_cells(r"^(\s*)(`?[\w.]+`?)(\s*)$", r"\1**\2**\3", names_only=True),
    "plain cells": in_cells(r"\*\*", ""),
    "another column": rows(another_column),
    "reversed columns": rows(reversed_columns),
    "line breaks in cells": line_breaks_in_cells,
    "tight tables": rows(lambda table: [row([cell.strip() for cell in cells(line)]) for line in table]),
    "roomy tables": rows(lambda table: [row([f"  {cell.strip()}\t  " for cell in cells(line)]) for line in table]),
    "centred tables": rows(lambda table: [table[0], row([":---:"] * len(cells(table[0]))), *table[2:]]),
    "linked names": in_cells(r"^(\s*\**)(`?[a-z_][\w.]*`?)(?=\**\s*$)", r"\1[\2](#fields)", names_only=True),
    "folded samples": folded_samples,
    "front matter": anywhere(r"\A(?=#)", "---\ntitle: 接口文档\nsidebar_position: 3\n---\n\n"),
    "admonitions": before_sections(":::tip 提示\n慢慢来。\n:::"),
    "pictured headings": lines(r"^(#{2,3}) (?!\d)(.+)$", r"\1 🎬 \2"),
    "bold numbers": lines(r"((?:≤|不超过 |支持 |间隔为 ))(\d[\d,]*(?:-\d+)?)", r"\1**\2**"),
    "bulleted notes": lines(r"^\d+\. +(?=\*\*)", "- "),
    "bracketed numbers": lines(r"^(\d+)\. +(?=\*\*)", r"\1) "),
    "methods apart": lines(r"`(POST|GET) (\S+)`", r"**\1** `\2`"),
    "small methods": lines(METHOD, lambda m: m[1] + m[2].title()),
    "code tags": lines(r"`([^`<>&]+)`", r"<code>\1</code>"),
    "entities": entities,
    "escaped marks": escaped_marks,
    "bare fences": fenced(lambda _: ""),
    "other fences": fenced(lambda info: NAMES.get(info, info)),
    "rules": before_sections("\n***"),
    "no rules": lines(r"^-{3,}$", ""),
    "blank lines": lines(r"^$|^(?=#{1,6}\s)", "\n"),
    "anchors": lines(r"^(?=#{1,6}\s)", '<a id="here"></a>\n\n'),
    "comments": before_sections(HIDDEN),
}
BYTES: dict[str, Rewording] = {
    "tables without edges": rows(lambda table: [" | ".join(c.strip() or " " for c in cells(line)) for line in table]),
    "underlined headings": lines(r"^## (?!\d)(.+)$", r"\n\1\n-----"),
    "tildes": anywhere(r"^```", "~~~"),
    "longer fences": anywhere(r"^```", "`````"),
    "trailing spaces": trailing_spaces,
    "hard spaces": lines(r"(?<=[:：]\*\*) (?=\S)|(?<=\*\*[:：]) (?=\S)", "\u00a0"),
    "no last line": anywhere(r"\n+\Z", ""),
    "last lines": anywhere(r"\Z", "\n\n\n"),
    "carriage returns": anywhere(r"\n", "\r\n"),
    "byte order mark": anywhere(r"\A", "\ufeff"),
}
"""Rewordings of line ends and the like, applied last, since the other rewordings cannot read the result."""
