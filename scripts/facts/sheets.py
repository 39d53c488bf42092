"""Read and write facts files: the facts of a vendor document, and waivers where the specs differ on purpose."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from hashlib import sha256
from itertools import chain, count
from pathlib import Path
from typing import Any, cast

from attrs import evolve, field, frozen
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from scripts.documents import Document, Value, values_of
from scripts.specs.files import SPECS, read_yaml

FOLDER = SPECS / "documents"
SUFFIX = ".facts.yaml"
SHARED = "shared.yaml"
"""Name of the file, in the folder of the facts files, with what they share."""
NONE = "none"
"""In a waiver: the value of a side that does not state the fact."""
HEAD = """\
What this document says, without its prose, and where the spec says something else on purpose.
Written by `make accept DOC=...`; only `waivers` and `decisions` are edited by hand (see CONTRIBUTING.md).
"""
PLAIN = re.compile(r"[A-Za-z_][\w./-]*")
YAML_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
"""Words that YAML parsers may read as a truth value or null."""

FactValues = dict[str, Value]
FactsByPlace = dict[str, FactValues]


@frozen(kw_only=True)
class Waiver:
    """An intended difference between a document and a spec; it holds for these two values alone."""

    fact: str
    document: Value
    spec: Value
    why: str
    shared: bool = False
    """Whether it holds for every page of its API that differs so."""


@frozen(kw_only=True)
class Shared:
    """What the facts files of a folder share: reasons by their names, waivers by the API whose pages they hold for."""

    reasons: Mapping[str, str] = field(factory=dict[str, str])
    waivers: Mapping[str, tuple[Waiver, ...]] = field(factory=dict[str, tuple[Waiver, ...]])


@frozen(kw_only=True)
class Sheet:
    """A facts file."""

    document: str
    form: str
    api: str | None
    models: tuple[str, ...]
    sha256: str
    facts: FactsByPlace
    waivers: tuple[Waiver, ...] = ()
    path: Path = field(default=Path(), eq=False)
    edited: bool = field(default=False, eq=False)
    """Whether the file's digest is not that of what `accept` has written, so that somebody has edited it since."""

    @property
    def subject(self) -> str:
        """The models that the document is about, or its operation."""
        return subject_of(self)

    @property
    def operations(self) -> dict[str, list[tuple[str, str]]]:
        """Prefix of the places (empty, or ``query.``) -> each documented method and path."""
        return operations_of(self.facts)


def subject_of(page: Sheet | Document) -> str:
    """Return the models that a page is about; if it names none, its operation."""
    if page.models:
        return ", ".join(page.models)
    named = [operation for stated in operations_of(page.facts).values() for operation in stated]
    return " ".join(named[0]) if named else page.document if isinstance(page, Sheet) else page.name


def operations_of(facts: FactsByPlace) -> dict[str, list[tuple[str, str]]]:
    """Prefix of the places (empty, or ``query.``) -> each documented method and path."""
    found = ((prefix, facts.get(f"{prefix}request", {})) for prefix in ("", "query."))
    return {
        prefix: [(method, path) for method in values_of(place["method"]) for path in values_of(place["path"])]
        for prefix, place in found
        if {"method", "path"} <= place.keys()
    }


def sheets(folder: Path = FOLDER) -> list[Sheet]:
    """Return all facts files of a folder, sorted by name."""
    common = shared(folder)
    return [_with_shared(_read(path, path.stat().st_mtime_ns), common) for path in sorted(folder.glob(f"*{SUFFIX}"))]


def shared(folder: Path = FOLDER) -> Shared:
    """Return what the facts files of a folder share; an empty `Shared` if the folder has no such file."""
    path = folder / SHARED
    return _read_shared(path, path.stat().st_mtime_ns) if path.exists() else Shared()


def accept(document: Document, sheet: Sheet | None, folder: Path = FOLDER) -> Path:
    """Write the facts of a document into its facts file, or into a new one; waivers and comments stay."""
    path = sheet.path if sheet else _free_path(folder, document.name)
    content = yaml().load(path) if sheet else _blank_content()
    content.update(document=path.name.removesuffix(SUFFIX), form=document.form, api=document.api)
    content.update(subject=_flow_style(document.models), sha256=document.sha256, facts=_facts_block(document.facts))
    content.update(digest=digest(content))
    with path.open("w", encoding="utf-8") as file:
        yaml().dump(content, file)
    return path


def digest(content: Mapping[str, Any]) -> str:
    """Return the SHA-256 of the parts of a facts file that `accept` writes, without regard to layout and comments."""
    written = {name: content[name] for name in ("document", "form", "api", "subject", "sha256", "facts")}
    return sha256(json.dumps(written, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def named_places(facts: FactsByPlace) -> Iterator[str]:
    """Yield every place, and every parent of a place."""
    for where in facts:
        parts = where.split(".")
        yield from (".".join(parts[:length]) for length in range(1, len(parts) + 1))


def quoted(value: Value) -> Value:
    """Return a value with quotation marks around each string that YAML might read as a number or a truth value."""
    if isinstance(value, dict):
        named = cast("dict[str, Value]", value)
        return {key: quoted(item) for key, item in named.items()}
    if isinstance(value, list | tuple):
        return [quoted(item) for item in cast("list[Value]", value)]
    plain = not isinstance(value, str) or (PLAIN.fullmatch(value) and value.lower() not in YAML_WORDS)
    return value if plain else DoubleQuotedScalarString(value)


def yaml() -> Any:
    """Return a reader and writer of YAML as facts files and drafts have it; Any, since its types leave much out."""
    writer = YAML()
    writer.width = 10_000  # one line a place, so that a change of one fact is a change of one line
    writer.preserve_quotes = True
    writer.indent(mapping=2, sequence=4, offset=2)
    return writer


@cache
def _read(path: Path, _: int) -> Sheet:
    content = read_yaml(path)
    return Sheet(
        document=content["document"],
        form=content["form"],
        api=content["api"],
        models=tuple(content["subject"]),
        sha256=content["sha256"],
        facts=content["facts"],
        waivers=tuple(Waiver(**waiver) for waiver in content["waivers"]),
        path=path,
        edited=content.get("digest") != digest(content),
    )


@cache
def _read_shared(path: Path, _: int) -> Shared:
    content = read_yaml(path)
    reasons = content["reasons"]
    waivers = {
        api: tuple(_with_reason(Waiver(**waiver, shared=True), reasons) for waiver in listed)
        for api, listed in content["waivers"].items()
    }
    return Shared(reasons=reasons, waivers=waivers)


def _with_shared(sheet: Sheet, common: Shared) -> Sheet:
    own = [_with_reason(waiver, common.reasons) for waiver in sheet.waivers]
    return evolve(sheet, waivers=(*own, *common.waivers.get(str(sheet.api), ())))


def _with_reason(waiver: Waiver, reasons: Mapping[str, str]) -> Waiver:
    """The waiver with its reason in words, where it names one that is shared."""
    why: Any = waiver.why
    return evolve(waiver, why=reasons[why["shared"]]) if isinstance(why, dict) else waiver


def _free_path(folder: Path, name: str) -> Path:
    """A path that no other subject has: two pages may have the same name."""
    names = chain([name], (f"{name}-{number}" for number in count(2)))
    return next(path for path in (folder / f"{name}{SUFFIX}" for name in names) if not path.exists())


def _blank_content() -> Any:
    content: Any = CommentedMap(document="", form="", api=None, subject=[], sha256="", digest="", facts={}, waivers=[])
    content.yaml_set_start_comment(HEAD)
    return content


def _facts_block(facts: FactsByPlace) -> CommentedMap:
    return CommentedMap({where: _flow_style(dict(sorted(values.items()))) for where, values in sorted(facts.items())})


def _flow_style(value: Value) -> Any:
    """The value as YAML writes it on one line."""
    styled: Any
    if isinstance(value, dict):
        named = cast("dict[str, Value]", value)
        styled = CommentedMap({key: _flow_style(item) for key, item in named.items()})
    elif isinstance(value, list | tuple):
        styled = CommentedSeq(map(_flow_style, cast("list[Value]", value)))
    else:
        return quoted(value)
    styled.fa.set_flow_style()
    return styled
