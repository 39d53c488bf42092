"""Choose the reader of a page, and gather what it found."""

import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from scripts.documents._apifox import is_apifox, read_apifox
from scripts.documents._document import Document, Facts, Unreadable, Value
from scripts.documents._markdown import read_markdown
from scripts.documents._openapi import openapi_block, read_openapi
from scripts.documents._page import MODEL
from scripts.documents._verdicts import values_of


def read(path: Path) -> Document:
    """What a vendor's page says; raises `Unreadable` where it says nothing that could be understood."""
    raw = path.read_bytes()
    form, facts = _read(_decoded(raw))
    values = facts.values
    return Document(
        name=path.stem,
        form=form,
        api=_api(values),
        models=_models(values),
        sha256=hashlib.sha256(raw).hexdigest(),
        facts=values,
    )


def _read(text: str) -> tuple[str, Facts]:
    if is_apifox(text):
        return "apifox", _shaped("Apifox", lambda: read_apifox(text))
    if block := openapi_block(text):
        return "openapi", _shaped("OpenAPI", lambda: read_openapi(block))
    return read_markdown(text)


def _shaped(part: str, reader: Callable[[], Facts]) -> Facts:
    """The facts of data; `Unreadable` where it has a list, a mapping or a word in place of another."""
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
    """By path and host; of several values_of, one that is known suffices."""
    paths, hosts = ([*_told(facts, "request", name), *_told(facts, "query.request", name)] for name in ("path", "host"))
    at_kie = not hosts or any(host.endswith("kie.ai") for host in hosts)
    if at_kie and any(re.match(r"/api/v\d+/jobs/", path) for path in paths):
        return "kie"
    if any(re.match(r"/kling/(v\d+/)?videos", path) for path in paths):
        return "relay"
    return "native" if any(re.match(r"/v\d+/videos", path) for path in paths) else None


def _models(facts: dict[str, dict[str, Value]]) -> tuple[str, ...]:
    """Every id that the field for the model may have."""
    fields = [at for at in facts if MODEL.fullmatch(at.removeprefix("request."))]
    listed = {str(model) for at in fields for telling in _told(facts, at, "enum") for model in telling}
    return tuple(sorted(listed | {str(model) for at in fields for model in _told(facts, at, "default")}))


def _told(facts: dict[str, dict[str, Value]], where: str, name: str) -> list[Any]:
    """Every telling of a fact; none where there is no such fact."""
    told = facts.get(where, {})
    return values_of(told[name]) if name in told else []
