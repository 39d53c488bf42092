"""The same page in other Markdown."""

import re
from random import Random

from contract_tests.documents.edits.lines import BULLET, HEADING, cells, each_cell, fences, marked, prose, row, tables

LABEL = re.compile(r"\*\*([^*\n]+?)\s*([:：]?)\*\*([:：]?)")
"""A label in bold: the words, the colon inside, the colon outside."""


def stars(text: str, _: Random) -> str:
    return prose(text, lambda line: BULLET.sub(r"\1*\3", line))


def dashes(text: str, _: Random) -> str:
    return prose(text, lambda line: BULLET.sub(r"\1-\3", line))


def pluses(text: str, _: Random) -> str:
    return prose(text, lambda line: BULLET.sub(r"\1+\3", line))


def narrow_bullets(text: str, _: Random) -> str:
    return prose(text, lambda line: BULLET.sub(r"\1\2 ", line))


def wide_bullets(text: str, _: Random) -> str:
    return prose(text, lambda line: BULLET.sub(lambda m: f"{'    ' * bool(m[1])}{m[2]}   ", line))


def tabbed_bullets(text: str, _: Random) -> str:
    return prose(text, lambda line: BULLET.sub(lambda m: "\t" * bool(m[1]) + m[2] + m[3], line))


def bullets_apart(text: str, _: Random) -> str:
    return prose(text, lambda line: f"\n{line}" if BULLET.match(line) else line)


def _relabelled(text: str, form: str) -> str:
    def label(match: re.Match[str]) -> str:
        colon = match[2] or match[3]
        return form.format(match[1], colon) if colon else match[0]

    return prose(text, lambda line: LABEL.sub(label, line))


def plain_labels(text: str, _: Random) -> str:
    return _relabelled(text, "{0}{1}")


def colons_inside(text: str, _: Random) -> str:
    return _relabelled(text, "**{0}{1}**")


def colons_outside(text: str, _: Random) -> str:
    return _relabelled(text, "**{0}**{1}")


def wide_colons(text: str, _: Random) -> str:
    return _relabelled(text, "**{0}**：")


def narrow_colons(text: str, _: Random) -> str:
    return _relabelled(text, "**{0}**: ")


def spaced_colons(text: str, _: Random) -> str:
    return _relabelled(text, "**{0}** {1} ")


def bold_labels(text: str, _: Random) -> str:
    label = re.compile(r"^(\s*[-*+]\s+)([^\s*`:：，。][^*`:：，。]{0,20})([:：])(?!//)")
    return prose(text, lambda line: label.sub(r"\1**\2**\3", line))


def underscored_bold(text: str, _: Random) -> str:
    return prose(text, lambda line: re.sub(r"\*\*([^*\n]+)\*\*", r"__\1__", line))


def deeper_headings(text: str, _: Random) -> str:
    return prose(text, lambda line: f"#{line}" if HEADING.match(line) else line)


def closed_headings(text: str, _: Random) -> str:
    return prose(text, lambda line: HEADING.sub(r"\1 \2 \1", line))


def bold_headings(text: str, _: Random) -> str:
    return prose(text, lambda line: re.sub(r"^(#{2,3}) (.+)$", r"\1 **\2**", line))


def colons_after_headings(text: str, _: Random) -> str:
    return prose(text, lambda line: re.sub(r"^(#{2,3}) (.+)$", r"\1 \2：", line))


def underlined_headings(text: str, _: Random) -> str:
    return prose(text, lambda line: re.sub(r"^## (?!\d)(.+)$", r"\n\1\n-----", line))


def numbered_headings(text: str, _: Random) -> str:
    numbers = iter(range(1, 100))
    return prose(text, lambda line: re.sub(r"^## (?!\d)(.+)$", lambda m: f"## {next(numbers)}. {m[1]}", line))


def chinese_numbers(text: str, _: Random) -> str:
    numbers = iter("一二三四五六七八九十" * 3)
    return prose(text, lambda line: re.sub(r"^## (?:\d+\. )?(.+)$", lambda m: f"## {next(numbers)}、{m[1]}", line))


def headings_without_numbers(text: str, _: Random) -> str:
    return prose(text, lambda line: re.sub(r"^(#+) \d+\. ", r"\1 ", line))


def fields_as_headings(text: str, _: Random) -> str:
    return prose(text, lambda line: re.sub(r"^\*\*([\w.]+)\*\*$", r"#### \1", line))


def fields_in_bold(text: str, _: Random) -> str:
    return prose(text, lambda line: re.sub(r"^#### ([\w.]+)$", r"**\1**", line))


def fields_as_code(text: str, _: Random) -> str:
    return prose(text, lambda line: re.sub(r"^(#### |\*\*)([\w.]+)(\*\*)?$", r"\1`\2`\3", line))


def no_backticks(text: str, _: Random) -> str:
    """Where nothing in between would turn into markup."""
    return prose(text, lambda line: re.sub(r"`([^`<>*\[\]]+)`", r"\1", line))


def escapes_for_backticks(text: str, _: Random) -> str:
    plain = re.compile(r"`([\w./:-]+)`")
    return prose(text, lambda line: plain.sub(lambda m: m[1].replace("_", r"\_"), line))


def backticks_on_values(text: str, _: Random) -> str:
    value = re.compile(r"^(\s*[-*+]\s+(?:\*\*)?[^`*:：]+(?::\*\*|\*\*:|\*\*：|：\*\*)\s*)([A-Za-z0-9_.]+|是|否)$")
    return prose(text, lambda line: value.sub(r"\1`\2`", line))


def backticks_in_cells(text: str, _: Random) -> str:
    return each_cell(text, lambda _, cell: re.sub(r"^(\s*)([A-Za-z_][\w.]*|\d+)(\s*)$", r"\1`\2`\3", cell))


def bold_names_in_cells(text: str, _: Random) -> str:
    return each_cell(text, lambda at, cell: cell if at else re.sub(r"^(\s*)(`?[\w.]+`?)(\s*)$", r"\1**\2**\3", cell))


def linked_names(text: str, _: Random) -> str:
    name = re.compile(r"^(\s*\**)(`?[a-z_][\w.]*`?)(?=\**\s*$)")
    return each_cell(text, lambda at, cell: cell if at else name.sub(r"\1[\2](#fields)", cell))


def plain_cells(text: str, _: Random) -> str:
    return each_cell(text, lambda _, cell: cell.replace("**", ""))


def tight_tables(text: str, _: Random) -> str:
    return tables(text, lambda table: [row([c.strip() for c in cells(line)]) for line in table])


def roomy_tables(text: str, _: Random) -> str:
    return tables(text, lambda table: [row([f"  {c.strip()}\t  " for c in cells(line)]) for line in table])


def centred_tables(text: str, _: Random) -> str:
    return tables(text, lambda table: [table[0], row([":---:"] * len(cells(table[0]))), *table[2:]])


def tables_without_edges(text: str, _: Random) -> str:
    return tables(text, lambda table: [" | ".join(c.strip() or " " for c in cells(line)) for line in table])


def reversed_columns(text: str, _: Random) -> str:
    def turned(table: list[str]) -> list[str]:
        names = any(re.search(r"[A-Z]{3,}", cell) for cell in cells(table[0]))  # a header that is data
        return table if names else [row(cells(line)[::-1]) for line in table]

    return tables(text, turned)


def another_column(text: str, _: Random) -> str:
    def wider(table: list[str]) -> list[str]:
        return [
            f"{table[0].rstrip()} 版本 |",
            f"{table[1].rstrip()}---|",
            *(f"{line.rstrip()} v1 |" for line in table[2:]),
        ]

    return tables(text, lambda table: table if "Method" in table[0] else wider(table))


def line_breaks_in_cells(text: str, _: Random) -> str:
    return each_cell(
        text, lambda at, cell: cell if at < 2 else re.sub(r"[，。；](?=.)(?![^（(\[]*[）)\]])", "<br>", cell)
    )


def tildes(text: str, _: Random) -> str:
    return re.sub(r"^```", "~~~", text, flags=re.MULTILINE)


def longer_fences(text: str, _: Random) -> str:
    return re.sub(r"^```", "`````", text, flags=re.MULTILINE)


def bare_fences(text: str, _: Random) -> str:
    return fences(text, lambda info, body: ("", body))


def other_fences(text: str, _: Random) -> str:
    names = {"json": "JSON", "bash": "shell", "yaml": "yml", "javascript": "js", "": "text"}
    return fences(text, lambda info, body: (names.get(info, info), body))


def rules(text: str, _: Random) -> str:
    return prose(text, lambda line: f"\n***\n\n{line}" if line.startswith("## ") else line)


def no_rules(text: str, _: Random) -> str:
    return prose(text, lambda line: "" if re.match(r"^-{3,}$", line) else line)


def blank_lines(text: str, _: Random) -> str:
    """Twice as many, and one before every heading."""
    return prose(text, lambda line: f"{line}\n" if not line else f"\n{line}" if HEADING.match(line) else line)


def anchors(text: str, _: Random) -> str:
    return prose(text, lambda line: f'<a id="here"></a>\n\n{line}' if HEADING.match(line) else line)


def comments(text: str, _: Random) -> str:
    """Words that nobody sees."""
    note = "<!-- once: `GET /old/path`, 最大长度: 7, | 999 | -->"
    return prose(text, lambda line: f"{note}\n\n{line}" if line.startswith("## ") else line)


def code_tags(text: str, _: Random) -> str:
    return prose(text, lambda line: re.sub(r"`([^`<>&]+)`", r"<code>\1</code>", line))


def entities(text: str, _: Random) -> str:
    """What an export writes for marks."""
    mark = re.compile(r"`([a-z]+)<([a-z]+)>`")
    return prose(text, lambda line: mark.sub(r"\1&lt;\2&gt;", line).replace("≤", "&le;").replace("（", "&#65288;"))


def escaped_marks(text: str, _: Random) -> str:
    """What an editor escapes, outside of code."""

    def escaped(line: str) -> str:
        parts = line.split("`")
        return "`".join(
            part if i % 2 else re.sub(r"(?<!\]\()([\[\]])(?!\()", r"\\\1", part) for i, part in enumerate(parts)
        )

    return prose(text, lambda line: line if "](" in line else escaped(line))


def folded_samples(text: str, _: Random) -> str:
    """Behind a line that opens them."""
    opened = "<details>\n<summary>示例</summary>\n\n```{}\n{}\n```\n\n</details>"
    block = re.compile(r"^```(json|bash)\n(.*?)\n```$", re.MULTILINE | re.DOTALL)
    return block.sub(lambda m: opened.format(m[1], m[2]), text)


def front_matter(text: str, _: Random) -> str:
    return f"---\ntitle: 接口文档\nsidebar_position: 3\n---\n\n{text}" if text.startswith("#") else text


def admonitions(text: str, _: Random) -> str:
    return prose(text, lambda line: f":::tip 提示\n慢慢来。\n:::\n\n{line}" if line.startswith("## ") else line)


def pictured_headings(text: str, _: Random) -> str:
    return prose(text, lambda line: re.sub(r"^(#{2,3}) (?!\d)(.+)$", r"\1 🎬 \2", line))


def bold_numbers(text: str, _: Random) -> str:
    limit = re.compile(r"((?:≤|不超过 |支持 |间隔为 ))(\d[\d,]*(?:-\d+)?)")
    return prose(text, lambda line: limit.sub(r"\1**\2**", line))


def bulleted_notes(text: str, _: Random) -> str:
    return prose(text, lambda line: re.sub(r"^\d+\. +(?=\*\*)", "- ", line))


def bracketed_numbers(text: str, _: Random) -> str:
    return prose(text, lambda line: re.sub(r"^(\d+)\. +(?=\*\*)", r"\1) ", line))


def methods_apart(text: str, _: Random) -> str:
    return prose(text, lambda line: re.sub(r"`(POST|GET) (\S+)`", r"**\1** `\2`", line))


def small_methods(text: str, _: Random) -> str:
    method = re.compile(r"^(.{0,3}\**(?:请求方法|请求方式|Method)\W+)(POST|GET)\b")
    return prose(text, lambda line: method.sub(lambda m: m[1] + m[2].title(), line))


def trailing_spaces(text: str, _: Random) -> str:
    return "\n".join(line if code or not line else f"{line}  " for line, code in marked(text))


def hard_spaces(text: str, _: Random) -> str:
    """After the labels, as pages copied from a browser have them."""
    return prose(text, lambda line: re.sub(r"(?<=[:：]\*\*) (?=\S)|(?<=\*\*[:：]) (?=\S)", "\u00a0", line))


def no_last_line(text: str, _: Random) -> str:
    return text.rstrip("\n")


def last_lines(text: str, _: Random) -> str:
    return f"{text}\n\n\n"


def carriage_returns(text: str, _: Random) -> str:
    return text.replace("\n", "\r\n")


def byte_order_mark(text: str, _: Random) -> str:
    return f"\ufeff{text}"


MARKDOWN = (
    stars, dashes, pluses, narrow_bullets, wide_bullets, tabbed_bullets, bullets_apart,
    plain_labels, colons_inside, colons_outside, wide_colons, narrow_colons, spaced_colons, bold_labels,
    underscored_bold,
    deeper_headings, closed_headings, bold_headings, colons_after_headings, numbered_headings, chinese_numbers,
    headings_without_numbers, fields_as_headings, fields_in_bold, fields_as_code,
    no_backticks, escapes_for_backticks, backticks_on_values, backticks_in_cells, bold_names_in_cells, plain_cells,
    another_column, reversed_columns, line_breaks_in_cells, tight_tables, roomy_tables, centred_tables,
    linked_names, folded_samples, front_matter, admonitions, pictured_headings, bold_numbers, bulleted_notes,
    bracketed_numbers, methods_apart, small_methods, code_tags, entities, escaped_marks, bare_fences, other_fences,
    rules, no_rules, blank_lines, anchors, comments,
)  # fmt: skip
BYTES = (
    tables_without_edges, underlined_headings, tildes, longer_fences, trailing_spaces, hard_spaces, no_last_line,
    last_lines, carriage_returns, byte_order_mark,
)  # fmt: skip
"""What the other forms could not read any more: these come last."""
