"""Split pages into lines of prose, of code and of tables, and change only some of them."""

import re
from collections.abc import Callable
from itertools import groupby

FENCE = re.compile(r"^\s*(```+|~~~+)")
HEADING = re.compile(r"^(#{1,6})\s+(.*)$")
BULLET = re.compile(r"^(\s*)([-*+])(\s+)")
DELIMITER = re.compile(r"^[\s|:-]*-[\s|:-]*$")

Change = Callable[[str], str]


def is_data(line: str) -> bool:
    """Whether a line is JSON that stands in the page without a fence."""
    return line.startswith(("{", "[")) and '"' in line


def lines_with_code_flag(text: str) -> list[tuple[str, bool]]:
    """Each line, and whether it is code; the lines of the fences count as code."""
    lines, inside = [], ""
    for line in text.split("\n"):
        fence = FENCE.match(line)
        lines.append((line, bool(fence or inside) or is_data(line)))
        if fence and not inside:
            inside = fence[1]
        elif fence and fence[1].startswith(inside):
            inside = ""
    return lines


def prose(text: str, change: Change) -> str:
    """Change every line that is not code."""
    return "\n".join(line if code else change(line) for line, code in lines_with_code_flag(text))


def fences(text: str, change: Callable[[str, str], tuple[str, str]]) -> str:
    """Change every fenced block, given its info string and its content."""
    block = re.compile(
        r"^(?P<fence>```+|~~~+)(?P<info>[^\n]*)\n(?P<body>.*?)\n(?P=fence)[ \t]*$", re.MULTILINE | re.DOTALL
    )

    def changed(match: re.Match[str]) -> str:
        info, body = change(match["info"].strip(), match["body"])
        return f"{match['fence']}{info}\n{body}\n{match['fence']}"

    return block.sub(changed, text)


def cells(row: str) -> list[str]:
    """The cells of a row of a table, as they stand between the bars."""
    return row.strip().strip("|").split("|")


def row(parts: list[str]) -> str:
    """A row of a table."""
    return f"|{'|'.join(parts)}|"


def tables(text: str, change: Callable[[list[str]], list[str]]) -> str:
    """Change the lines of every table; the second line of a table is its delimiter."""
    lines: list[str] = []
    for (table, _), group in groupby(
        lines_with_code_flag(text), key=lambda item: (item[0].startswith("|") and not item[1], item[1])
    ):
        part = [line for line, _ in group]
        lines += change(part) if table and len(part) > 1 and DELIMITER.match(part[1]) else part
    return "\n".join(lines)


def each_cell(text: str, change: Callable[[int, str], str], *, header: bool = False) -> str:
    """Change every cell, given its column: only those of the header, or all others."""

    def rows(table: list[str]) -> list[str]:
        first = row([change(i, cell) for i, cell in enumerate(cells(table[0]))]) if header else table[0]
        rest = table[2:] if header else [row([change(i, c) for i, c in enumerate(cells(line))]) for line in table[2:]]
        return [first, table[1], *rest]

    return tables(text, rows)


def sections(text: str, level: int) -> list[list[str]]:
    """The lines before the first heading of a level, then those under each; a higher heading ends a section."""
    parts: list[list[str]] = [[]]
    for line, code in lines_with_code_flag(text):
        heading = None if code else HEADING.match(line)
        if heading and len(heading[1]) <= level:
            parts.append([])
        parts[-1].append(line)
    return parts


def title(section: list[str], level: int) -> str | None:
    """The words of a section's heading, if it is of that level."""
    heading = HEADING.match(section[0]) if section else None
    return heading[2] if heading and len(heading[1]) == level else None
