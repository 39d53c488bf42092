"""Write docs/observed.md: the observations of openapi/field.yaml, each with every place that cites it.

A node of a spec cites by its `x-source`, a waiver of a document's facts by `(field: <id>)`; a comment or
docstring of the wrapper by `observed.md: <id>`. Several ids have commas between them.
"""

import argparse
import io
import re
import sys
import tokenize
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from attrs import frozen

from scripts.specs.field import ID, Observation, malformed_entries, observation_ids, observations, observed, sources
from scripts.specs.files import ROOT, SPECS, apis, load
from scripts.specs.spec import Spec, walk

PAGE: Final = ROOT / "docs" / "observed.md"
TITLE = """\
# What was observed on the running services

Written by `python -m scripts.specs.citations` from `openapi/field.yaml` and from every place that cites it; never
edited by hand. No vendor document under `openapi/documents` has these facts. Of a kind of source, `vendor` is another
page of the vendor's, `live` notes of calls, `client` public code, `report` one claim, `inferred` our own conclusion.
"""
WRAPPER: Final = ROOT / "wrapper" / "klingkit"
IDS: Final = rf"({ID}(?:,\s+{ID})*)"
IN_WAIVER: Final = re.compile(rf"field: {IDS}\)")
IN_CODE: Final = re.compile(rf"observed\.md:\s+{IDS}")
BARE: Final = re.compile(r"(?i)from the field\b|\bfield facts?\b|\bthe field's facts|observed on the running")
"""Words that claim an observation and so need a citation."""


@frozen(order=True)
class Citation:
    """A place that cites an observation."""

    id: str
    file: str
    where: str = ""
    """The JSON pointer of a node."""
    beside: tuple[str, ...] = ()
    """The places in documents that the node names besides."""

    def __str__(self) -> str:
        documents = f", beside {'; '.join(self.beside)}" if self.beside else ""
        return f"- `{self.file}{f'#{self.where}' if self.where else ''}`{documents}"


def spec_citations(api: str, spec: Spec) -> Iterator[Citation]:
    """Yield the citations in the nodes of a spec."""
    for where, node in walk(spec):
        beside = tuple(str(source) for source in sources(node) if observed(source) is None)
        yield from (Citation(name, f"openapi/{api}.yaml", where, beside) for name in observation_ids(node))


def code_citations(path: Path, root: Path = ROOT) -> Iterator[Citation]:
    """Yield the citations in the comments and docstrings of a module."""
    for text in _strings_and_comments(path.read_text("utf-8")):
        yield from _text_citations(text, IN_CODE, path.relative_to(root))


def facts_citations(path: Path, root: Path = ROOT) -> Iterator[Citation]:
    """Yield the citations in the waivers of a facts file."""
    return _text_citations(path.read_text("utf-8"), IN_WAIVER, path.relative_to(root))


def uncited_claims(path: Path) -> Iterator[str]:
    """Yield a sentence for each comment or docstring that claims an observation without citing one."""
    for text in _strings_and_comments(path.read_text("utf-8")):
        found = BARE.search(text)
        if found and not IN_CODE.search(text):
            yield f"{path.name}: claims {found[0]!r} and cites no entry (observed.md: <id>)"


def problems(
    entries: Mapping[str, Observation], citations: Iterable[Citation], specs: Mapping[str, Spec]
) -> Iterator[str]:
    """Yield malformed, unknown, and unused entries and values; that specs have the right values is for their lint."""
    yield from malformed_entries(entries)
    listed = list(citations)
    yield from (f"{it.file}: cites {it.id}, which is no entry" for it in listed if it.id not in entries)
    yield from (f"{name}: is cited nowhere" for name in entries if name not in {it.id for it in listed})
    keywords = {
        (name, key)
        for spec in specs.values()
        for _, node in walk(spec)
        for name in observation_ids(node)
        for key in node
    }
    aliases = {"enum": {"enum", "x-field-values"}}
    for name, entry in entries.items():
        for keyword in entry.values:
            if not any((name, key) in keywords for key in aliases.get(keyword, {keyword})):
                yield f"{name}: states {keyword}, and no node that cites it has one"


def all_citations() -> list[Citation]:
    """Return the citations in specs, facts and wrapper, each once, sorted."""
    found = {citation for api in apis() for citation in spec_citations(api, load(api))}
    found |= {citation for path in wrapper_modules() for citation in code_citations(path)}
    found |= {citation for path in SPECS.glob("documents/*.yaml") for citation in facts_citations(path)}
    return sorted(found)


def wrapper_modules() -> list[Path]:
    """List the modules of the wrapper."""
    return sorted(WRAPPER.rglob("*.py"))


def page() -> str:
    """Return the text of the page."""
    citations = all_citations()
    sections = [
        "\n".join([
            f"## {name}",
            "",
            f"{it.claim} Source: {it.kind}, {it.date}. Confidence: {it.confidence}.",
            "",
            *(str(citation) for citation in citations if citation.id == name),
            "",
        ])
        for name, it in observations().items()
    ]  # fmt: skip
    return "\n".join([TITLE, *sections])


def unlisted(api: str, spec: Spec, text: str) -> list[str]:
    """Return where a spec's citations differ from the page, for nodes that the page lists and the spec still has."""
    nodes, cites = dict(walk(spec)), {f"{it.id} {it}": it.where for it in spec_citations(api, spec)}
    lines = {line: where for line, where in _listed(text, api) if where in nodes}
    known = {*lines.values()}
    return [
        *(f"{line}: not in {PAGE.name}" for line, where in cites.items() if where in known and line not in lines),
        *(f"{line}: in {PAGE.name} alone" for line in lines if line not in cites),
    ]


def main(arguments: list[str] | None = None, target: Path = PAGE) -> str | None:
    """Write the page, or only compare it; return an error message, or None."""
    parser = argparse.ArgumentParser(prog="citations", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if the page would change")
    text = page()
    if parser.parse_args(arguments).check:
        current = target.exists() and target.read_text(encoding="utf-8") == text
        return None if current else f"{target.name} is out of date: run python -m scripts.specs.citations"
    target.write_text(text, encoding="utf-8")
    return None


def _listed(text: str, api: str) -> Iterator[tuple[str, str]]:
    """Yield the page's lines on nodes of a spec, each after its observation's id, with the pointer of the node."""
    start = f"- `openapi/{api}.yaml#"
    for section in text.split("\n## ")[1:]:
        name, *lines = section.splitlines()
        for line in lines:
            if line.startswith(start):
                yield f"{name} {line}", line.removeprefix(start).partition("`")[0]


def _text_citations(text: str, pattern: re.Pattern[str], path: Path) -> Iterator[Citation]:
    for found in pattern.finditer(text):
        yield from (Citation(name, path.as_posix()) for name in re.split(r",\s+", found[1]))


def _strings_and_comments(source: str) -> Iterator[str]:
    """Yield the strings and the comments of a module; successive lines of comment are joined."""
    comments: list[str] = []
    last = 0
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.STRING:
            yield token.string
        elif token.type == tokenize.COMMENT:
            if comments and token.start[0] != last + 1:
                yield " ".join(comments)
                comments = []
            comments.append(token.string.lstrip("# "))
            last = token.start[0]
    if comments:
        yield " ".join(comments)


if __name__ == "__main__":
    sys.exit(main())
