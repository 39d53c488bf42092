"""Facts files: what is committed of a vendor document, and where the specs leave it on purpose."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import chain, count
from pathlib import Path
from typing import Any

from attrs import evolve, field, frozen
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from scripts.documents import Document, Value, values_of
from scripts.specs.files import SPECS

FOLDER = SPECS / "documents"
SUFFIX = ".facts.yaml"
SHARED = "shared.yaml"
"""Beside the facts files, and none of them."""
NONE = "none"
"""How a waiver writes that one side says nothing."""
HEAD = """\
What this document says, without its prose, and where the spec says something else on purpose.
Written by `make accept DOC=...`; only `waivers` and `decisions` are edited by hand (see CONTRIBUTING.md).
"""
PLAIN = re.compile(r"[A-Za-z_][\w./-]*")
SPOKEN = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
"""Words that some readers of YAML take for something else."""

FactValues = dict[str, Value]
FactsByPlace = dict[str, FactValues]


@frozen(kw_only=True)
class Waiver:
    """A difference between a document and a spec that is meant; it holds for these two values alone."""

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

    @property
    def subject(self) -> str:
        """What the document is about."""
        return subject_of(self)

    @property
    def operations(self) -> dict[str, list[tuple[str, str]]]:
        """Prefix of the places (empty, or ``query.``) -> each telling of method and path."""
        return operations_of(self.facts)


def subject_of(page: Sheet | Document) -> str:
    """The models that a page is about; of a page about none, its operation."""
    if page.models:
        return ", ".join(page.models)
    named = [operation for told in operations_of(page.facts).values() for operation in told]
    return " ".join(named[0]) if named else page.document if isinstance(page, Sheet) else page.name


def operations_of(facts: FactsByPlace) -> dict[str, list[tuple[str, str]]]:
    """Prefix of the places (empty, or ``query.``) -> each telling of method and path."""
    found = ((prefix, facts.get(f"{prefix}request", {})) for prefix in ("", "query."))
    return {
        prefix: [(method, path) for method in values_of(place["method"]) for path in values_of(place["path"])]
        for prefix, place in found
        if {"method", "path"} <= place.keys()
    }


def sheets(folder: Path = FOLDER) -> list[Sheet]:
    """All facts files of a folder, by name."""
    common = shared(folder)
    return [_with_shared(_read(path, path.stat().st_mtime_ns), common) for path in sorted(folder.glob(f"*{SUFFIX}"))]


def shared(folder: Path = FOLDER) -> Shared:
    """What the facts files of a folder share; nothing where it has no such file."""
    path = folder / SHARED
    return _read_shared(path, path.stat().st_mtime_ns) if path.exists() else Shared()


def accept(document: Document, sheet: Sheet | None, folder: Path = FOLDER) -> Path:
    """Write what a document says now into its facts file, or into a new one; waivers and comments stay."""
    path = sheet.path if sheet else _free(folder, document.name)
    content = yaml().load(path) if sheet else _blank()
    content.update(document=path.name.removesuffix(SUFFIX), form=document.form, api=document.api)
    content.update(subject=_settled(document.models), sha256=document.sha256, facts=_written(document.facts))
    with path.open("w", encoding="utf-8") as file:
        yaml().dump(content, file)
    return path


def named_places(facts: FactsByPlace) -> Iterator[str]:
    """Every place, and every place around one."""
    for where in facts:
        parts = where.split(".")
        yield from (".".join(parts[:length]) for length in range(1, len(parts) + 1))


def quoted(value: Value) -> Value:
    """With quotation marks wherever a reader of YAML might take a string for a number or a truth value."""
    if isinstance(value, dict):
        return {key: quoted(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [quoted(item) for item in value]
    plain = not isinstance(value, str) or (PLAIN.fullmatch(value) and value.lower() not in SPOKEN)
    return value if plain else DoubleQuotedScalarString(value)


def yaml() -> YAML:
    """How facts files, and drafts for specs, are written."""
    writer = YAML()
    writer.width = 10_000  # one line a place, so that a change of one fact is a change of one line
    writer.preserve_quotes = True
    writer.indent(mapping=2, sequence=4, offset=2)
    return writer


@cache
def _read(path: Path, _: int) -> Sheet:
    content = YAML(typ="safe").load(path)
    return Sheet(
        document=content["document"],
        form=content["form"],
        api=content["api"],
        models=tuple(content["subject"]),
        sha256=content["sha256"],
        facts=content["facts"],
        waivers=tuple(Waiver(**waiver) for waiver in content["waivers"]),
        path=path,
    )


@cache
def _read_shared(path: Path, _: int) -> Shared:
    content = YAML(typ="safe").load(path)
    reasons = content["reasons"]
    waivers = {
        api: tuple(_explained(Waiver(**waiver, shared=True), reasons) for waiver in listed)
        for api, listed in content["waivers"].items()
    }
    return Shared(reasons=reasons, waivers=waivers)


def _with_shared(sheet: Sheet, common: Shared) -> Sheet:
    own = [_explained(waiver, common.reasons) for waiver in sheet.waivers]
    return evolve(sheet, waivers=(*own, *common.waivers.get(str(sheet.api), ())))


def _explained(waiver: Waiver, reasons: Mapping[str, str]) -> Waiver:
    """The waiver with its reason in words, where it names one that is shared."""
    why: Any = waiver.why
    return evolve(waiver, why=reasons[why["shared"]]) if isinstance(why, dict) else waiver


def _free(folder: Path, name: str) -> Path:
    """A path that no other subject has: two pages may have the same name."""
    names = chain([name], (f"{name}-{number}" for number in count(2)))
    return next(path for path in (folder / f"{name}{SUFFIX}" for name in names) if not path.exists())


def _blank() -> CommentedMap:
    content = CommentedMap(document="", form="", api=None, subject=[], sha256="", facts={}, waivers=[])
    content.yaml_set_start_comment(HEAD)
    return content


def _written(facts: FactsByPlace) -> CommentedMap:
    return CommentedMap({where: _settled(dict(sorted(values.items()))) for where, values in sorted(facts.items())})


def _settled(value: Value) -> Any:
    """On one line."""
    settled: CommentedMap | CommentedSeq
    if isinstance(value, dict):
        settled = CommentedMap({key: _settled(item) for key, item in value.items()})
    elif isinstance(value, list | tuple):
        settled = CommentedSeq(map(_settled, value))
    else:
        return quoted(value)
    settled.fa.set_flow_style()
    return settled
