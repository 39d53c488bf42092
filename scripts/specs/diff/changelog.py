"""The entries that the changelog needs for changes of specs, and how far the version must be raised for them.

A change that is minor or major needs an entry that is new since the old version, names the API, and names the field or
the operation in backticks: `input.prompt`, `prompt` and `Kling21Pro.prompt` are all good for one field. A major one
stands under "Changed" or "Removed" and contains "Breaking". Entries stand under "Unreleased", or under a later version.
"""

import re
from collections.abc import Iterable, Mapping
from itertools import zip_longest

from attrs import frozen
from markdown_it import MarkdownIt

from scripts.specs.diff.change import Change, Level

Version = tuple[int, int, int]

CODE = re.compile(r"`+([^`]+)`+")
WORD = re.compile(r"[\w./{}-]*\w[}]?")
NUMBERS = re.compile(r"(\d+)\.(\d+)\.(\d+)")
BREAKING = re.compile(r"\bbreaking\b", re.IGNORECASE)
HEADINGS = ("Changed", "Removed")
"""The headings for breaking changes."""


@frozen
class Entry:
    """An item of the changelog."""

    version: str
    """The text of its second-level heading, without brackets and date: `Unreleased`, `0.2.0`."""
    heading: str
    text: str

    @property
    def code(self) -> frozenset[str]:
        """The names in its backticks."""
        return frozenset(word for code in CODE.findall(self.text) for word in WORD.findall(code))

    def names(self, api: str, change: Change) -> bool:
        """Whether it is about a change of an API."""
        leaf = f".{change.field.removesuffix('[]').rpartition('.')[2]}" if change.field else " "
        named = bool(self.code & change.names) or any(word.endswith(leaf) for word in self.code)
        return (named or not change.where) and bool(re.search(rf"\b{re.escape(api)}\b", self.text, re.IGNORECASE))

    @property
    def breaks(self) -> bool:
        """Whether it announces a breaking change, under a heading for breaking changes."""
        return self.heading in HEADINGS and bool(BREAKING.search(self.text))


@frozen
class MissingEntry:
    """A change for which the changelog has no sufficient entry."""

    api: str
    change: Change
    why: str

    def __str__(self) -> str:
        return f"{self.api}: {self.change.place or 'the API'}: {self.change.what} ({self.change.level}): {self.why}"


def entries(text: str) -> list[Entry]:
    """Parse a changelog into its top-level list items, each with its nested items."""
    lines, version, heading = text.splitlines(), "", ""
    found: list[Entry] = []
    tokens = MarkdownIt().parse(text)
    for token, after in zip_longest(tokens, tokens[1:]):
        if token.type == "heading_open" and after:
            title = after.content
            version, heading = (title.strip("[").partition("]")[0], "") if token.tag == "h2" else (version, title)
        if token.type == "list_item_open" and token.level == 1 and token.map:
            found.append(Entry(version, heading, " ".join(" ".join(lines[slice(*token.map)]).split())))
    return found


def new_entries(old: str, new: str, since: Version) -> list[Entry]:
    """Return the entries added to a changelog, under "Unreleased" or a version later than the old one."""
    known = {(entry.heading, entry.text) for entry in entries(old)}
    return [
        entry
        for entry in entries(new)
        if (entry.heading, entry.text) not in known
        and (entry.version.lower() == "unreleased" or (parse_version(entry.version) or since) > since)
    ]


def missing_entries(changes: Mapping[str, Iterable[Change]], new: Iterable[Entry]) -> list[MissingEntry]:
    """Return the changes of each API for which none of the new entries is sufficient."""
    new = list(new)
    return [
        MissingEntry(api, change, why)
        for api, found in changes.items()
        for change in found
        if change.level != "patch" and (why := _why_missing(api, change, new))
    ]


def raised_enough(level: Level | None, was: Version, now: Version) -> bool:
    """Whether a version was raised as far as a change requires; true while it is not raised at all."""
    if was == now:
        return True
    if now < was or level is None or level == "patch":
        return now > was
    part = 0 if level == "major" and was[0] else 1 if level == "major" or was[0] else 2
    return now[: part + 1] > was[: part + 1]


def parse_version(version: str) -> Version | None:
    """Return the numbers of a version, None if it has none."""
    match = NUMBERS.search(version)
    return (int(match[1]), int(match[2]), int(match[3])) if match else None


def _why_missing(api: str, change: Change, new: list[Entry]) -> str | None:
    about = [entry for entry in new if entry.names(api, change)]
    if not about:
        names = " or ".join(f"`{name}`" for name in sorted(change.names, key=len)[:2] if name)
        return f"no new entry names {api} and {names}" if names else f"no new entry names {api}"
    if change.level == "major" and not any(entry.breaks for entry in about):
        return f"its entry must stand under {' or '.join(HEADINGS)}, and contain Breaking"
    return None
