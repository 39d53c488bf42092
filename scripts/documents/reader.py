"""Read a page: choose the reader for its form and gather the facts."""

import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from scripts.documents.facts import MODEL, Document, Facts, Unreadable, Value, values_of
from scripts.documents.forms.apifox import is_apifox, read_apifox
from scripts.documents.forms.markdown_page import read_markdown
from scripts.documents.forms.openapi import openapi_block, read_openapi

ADDRESSES: Final = {
    "kie": (r"/api/v\d+/jobs/", "kie.ai"),
    "native": (r"/v\d+/videos", ""),
    "relay": (r"/kling/(v\d+/)?videos", ""),
}
"""API -> how its paths begin, and the domain of its host; empty if it has none of its own."""


def read(path: Path) -> Document:
    """Read the facts of a vendor's page; raise `Unreadable` for a page, or a part of it, without any."""
    raw = path.read_bytes()
    form, facts = _read(_decoded(raw))
    values = facts.values
    return Document(
        name=path.stem,
        form=form,
        api=_api(values),
        models=_models(facts),
        sha256=hashlib.sha256(raw).hexdigest(),
        facts=values,
        unread=tuple(facts.unread),
    )


def _read(text: str) -> tuple[str, Facts]:
    if is_apifox(text):
        return "apifox", _read_structured("Apifox", lambda: read_apifox(text))
    if block := openapi_block(text):
        return "openapi", _read_structured("OpenAPI", lambda: read_openapi(block, text))
    return read_markdown(text)


def _read_structured(part: str, reader: Callable[[], Facts]) -> Facts:
    """The facts of structured data; `Unreadable` where it has a list, a mapping or a word in place of another."""
    try:
        return reader()
    except (AttributeError, KeyError, TypeError, ValueError) as wrong:
        raise Unreadable(part, f"some of its data has another shape than it should: {wrong}") from wrong


def _decoded(raw: bytes) -> str:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        raise Unreadable("text", f"it is not UTF-8: {wrong.reason} at byte {wrong.start}") from wrong
    text = re.sub("[\u00a0\u2007\u202f\u3000]", " ", re.sub("[\u200b\u200c\u2060\ufeff]", "", text))
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise Unreadable("text", "it is empty")
    return text


def _api(facts: dict[str, dict[str, Value]]) -> str | None:
    """By path and host; of several values, one that is known suffices."""
    paths, hosts = (
        [*_values(facts, "request", name), *_values(facts, "query.request", name)] for name in ("path", "host")
    )
    for api, (pattern, domain) in ADDRESSES.items():
        here = not (hosts and domain) or any(host.endswith(domain) for host in hosts)
        if here and any(re.match(pattern, path) for path in paths):
            return api
    return None


def _models(facts: Facts) -> tuple[str, ...]:
    """The ids that the field for the model may have; else the one in the samples, else the one in the prose.

    Of contradictory lists the first one counts: others are those of samples and asides, which may be another page's.
    """
    stated = facts.values
    fields = [at for at in stated if MODEL.fullmatch(at.removeprefix("request."))]
    listed = {str(model) for at in fields for values in _values(stated, at, "enum")[:1] for model in values}
    named = listed | {str(model) for at in fields for model in _values(stated, at, "default")}
    alone = (found for where in ("sample", "code", "prose") if len(found := facts.mentioned.get(where, [])) == 1)
    return tuple(sorted(filter(None, named)) or next(alone, list[str]()))


def _values(facts: dict[str, dict[str, Value]], where: str, name: str) -> list[Any]:
    """Each value that is stated for a fact; none where there is no such fact."""
    stated = facts.get(where, {})
    return values_of(stated[name]) if name in stated else []
