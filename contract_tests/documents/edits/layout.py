"""Rewordings of the layout: another order of a page, with or without parts that state nothing new."""

import re
from itertools import groupby
from random import Random

from contract_tests.documents.edits.lines import HEADING, lines_with_code_flag, prose, sections, tables, title

FIELD = re.compile(r"^(?:#### |\*\*)((?:\w+\.)*\w+)(?:\*\*)?$")
FREE = re.compile(
    r"^(\d\. |一|概述|认证|接口|支持的|请求|响应|示例|任务|查询|错误|注意|参考|使用|速率|轮询|Re|Query|End)"
)
"""Matches titles of sections whose order has no meaning."""


def _closed(part: list[str]) -> list[str]:
    """Lines with a blank line at the end, so that other lines may follow."""
    return part if part[-1:] in ([], [""]) else [*part, ""]


def _shuffled(parts: list[list[str]], level: int, random: Random) -> list[list[str]]:
    """Sections of one level and one parent in another order."""
    result: list[list[str]] = []
    for movable, group in groupby(parts, key=lambda part: bool(FREE.match(title(part, level) or ""))):
        block = [_closed(part) for part in group]
        if movable:
            random.shuffle(block)
        result += block
    return result


def shuffled_sections(text: str, random: Random) -> str:
    return "\n".join(line for part in _shuffled(sections(text, 2), 2, random) for line in part)


def shuffled_parts(text: str, random: Random) -> str:
    return "\n".join(line for part in _shuffled(sections(text, 3), 3, random) for line in part)


def codes_first(text: str, _: Random) -> str:
    parts = sections(text, 2)
    codes = [part for part in parts if re.search("错误|Error", title(part, 2) or "")]
    rest = [part for part in parts if part not in codes]
    return "\n".join(line for part in [*rest[:2], *map(_closed, codes), *rest[2:]] for line in part)


def _blocks(text: str) -> list[list[str]]:
    """The page cut before every field and every heading."""
    parts: list[list[str]] = [[]]
    for line, code in lines_with_code_flag(text):
        if not code and (FIELD.match(line) or HEADING.match(line)):
            parts.append([])
        parts[-1].append(line)
    return parts


def _owner(block: list[str]) -> str | None:
    """The object that a field belongs to; None if the block is no field."""
    field = FIELD.match(block[0]) if block else None
    return field[1].rpartition(".")[0] if field else None


def shuffled_fields(text: str, random: Random) -> str:
    """Shuffle the fields of each object; an object stays before its own fields."""
    lines: list[str] = []
    for owner, group in groupby(_blocks(text), key=_owner):
        blocks = [_closed(block) for block in group]
        if owner:
            random.shuffle(blocks)
        lines += [line for block in blocks for line in block]
    return "\n".join(lines)


def shuffled_attributes(text: str, random: Random) -> str:
    """Shuffle the bullets of each field, each with the lines below it."""
    lines: list[str] = []
    for block in _blocks(text):
        starts = [i for i, line in enumerate(block) if re.match(r"^[-*+]\s", line)]
        if not (_owner(block) is not None and starts):
            lines += block
            continue
        end = next((i for i in range(starts[-1] + 1, len(block)) if not block[i].startswith(" ")), len(block))
        bullets = [block[a:b] for a, b in zip(starts, [*starts[1:], end], strict=True)]
        random.shuffle(bullets)
        lines += [*block[: starts[0]], *(line for bullet in bullets for line in bullet), *block[end:]]
    return "\n".join(lines)


def shuffled_rows(text: str, random: Random) -> str:
    return tables(text, lambda table: [*table[:2], *random.sample(table[2:], len(table) - 2)])


def choices_in_line(text: str, _: Random) -> str:
    """Join choices that stand one below the other into one line."""

    def joined(match: re.Match[str]) -> str:
        return f"{match[1]} {'、'.join(re.findall(r'`[^`]+`(?=[:：])', match[2]))}\n"

    return re.sub(r"^([-*] +\*\*选项\*\*:)\n((?:  - .*\n)+)", joined, text, flags=re.MULTILINE)


def choices_in_lines(text: str, _: Random) -> str:
    """Split choices that stand in one line into one line each."""

    def parted(match: re.Match[str]) -> str:
        return match[1] + "".join(f"\n    * {value}" for value in re.findall(r"`[^`]+`", match[2]))

    return re.sub(r"^(\* +\*\*(?:可用选项|Options)(?:\*\*:|:\*\*)) (`.*)$", parted, text, flags=re.MULTILINE)


def reversed_choices(text: str, _: Random) -> str:
    some = re.compile(r"(?<=[:：*] )`[^`]+`(?:(?:, |、)`[^`]+`)+|`[^`]+`(?:、`[^`]+`)+")

    def turned(match: re.Match[str]) -> str:
        mark = "、" if "、" in match[0] else ", "
        return mark.join(match[0].split(mark)[::-1])

    return prose(text, lambda line: some.sub(turned, line))


def swapped_notes(text: str, random: Random) -> str:
    """Shuffle the numbered notes."""
    lines: list[str] = []
    for numbered, group in groupby(lines_with_code_flag(text), key=lambda item: bool(re.match(r"\d+\. \*\*", item[0]))):
        part = [line for line, _ in group]
        if numbered and len(part) > 1:
            random.shuffle(part)
        lines += part
    return "\n".join(lines)


def tips(text: str, _: Random) -> str:
    """Add words without facts before every section and at the end."""
    tip = "> **提示**：慢慢来，先读一遍。\n\n愿你拍出好看的短片。\n\n![标志](https://films.example.com/logo.svg)\n"
    return prose(text, lambda line: f"{tip}\n{line}" if re.match("^##? ", line) else line) + f"\n\n{tip}"


def english_tips(text: str, _: Random) -> str:
    tip = "> **Tip**: read it all before you begin.\n\nSee [the gallery](https://films.example.com/gallery) for more.\n"
    return prose(text, lambda line: f"{tip}\n{line}" if line.startswith("## ") else line)


def another_section(text: str, _: Random) -> str:
    return f"{text.rstrip()}\n\n## 更新日志\n\n- 首次发布\n- 文字有改动\n" if "\n## " in text else text


def no_introduction(text: str, _: Random) -> str:
    """Remove the paragraph under the title."""
    return re.sub(r"\A(# .*\n)\n[^#`|\n][^\n]*\n", r"\1", text)


def other_title(text: str, _: Random) -> str:
    return re.sub(r"\A# .*", "# 接口文档", text)


def other_links(text: str, _: Random) -> str:
    return prose(text, lambda line: re.sub(r"\]\((https?|#)[^)]*\)", "](https://films.example.com/elsewhere)", line))


def no_examples(text: str, _: Random) -> str:
    """Remove the examples of single fields."""
    return re.sub(r"^[*-] +\*\*(示例|Example)(\*\*:|:\*\*) .*\n", "", text, flags=re.MULTILINE)


def no_usage(text: str, _: Random) -> str:
    """Remove the sections that only repeat others."""
    again = re.compile("使用流程|概述|参考文档|示例: 完整")
    return "\n".join(line for part in sections(text, 2) if not again.match(title(part, 2) or "") for line in part)


def no_repetition(text: str, _: Random) -> str:
    """Remove the notes that only repeat a table."""
    again = re.compile(r"^\d+\. \*\*(提示词|时长|宽高比|自由度|相机控制)\*\*|^- (回调内容结构|`param` 字段|如果未提供)")
    return "\n".join(line for line, code in lines_with_code_flag(text) if code or not again.match(line))


def no_tables_again(text: str, _: Random) -> str:
    """Remove the tables that repeat the table of parameters."""
    again = re.compile("模型参数|回调 URL 参数")
    return "\n".join(line for part in sections(text, 3) if not again.match(title(part, 3) or "") for line in part)


LAYOUT = (
    no_usage, no_repetition, no_tables_again, no_examples, no_introduction, other_title, other_links, choices_in_line,
    choices_in_lines, reversed_choices, swapped_notes, shuffled_rows, shuffled_attributes, shuffled_fields,
    shuffled_parts, shuffled_sections, codes_first, another_section, tips, english_tips,
)  # fmt: skip
