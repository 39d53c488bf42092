"""How requests carry their key: the header and the scheme, wherever a page shows or names them."""

import re
from collections.abc import Iterator

from scripts.documents.markdown.blocks import Fence
from scripts.documents.markdown.outline import labels, sources
from scripts.documents.markdown.vocabulary import attribute, unquoted
from scripts.documents.operations.calls import HEADERS
from scripts.documents.operations.page import Page

_GIVEN = r"(?:[<{$\[]|YOUR|your|[A-Z]+_[A-Z]+|sk-|\*{3}|[\u4e00-\u9fff])"
_SHOWN = re.compile(
    rf"([A-Za-z][A-Za-z-]*)['\"]?\s*[:=]\s*['\"`]?\s*(?:(Bearer|Basic|Digest|Token)\s+\S|([A-Za-z]+)\s+{_GIVEN})"
)
_NAMED = re.compile(
    rf"(?:请求头|header)[^。;\n]{{0,40}}?(?<![A-Za-z-])([A-Za-z-]*(?:auth|key|token)[A-Za-z-]*)[^。;\n]{{0,16}}?\b([A-Z][A-Za-z]+)"
    rf"(?:\s+{_GIVEN}|[\u4e00-\u9fff])",
    re.ASCII | re.IGNORECASE,
)
_SCHEME = re.compile(r"\b(Bearer|Basic|Digest)\s+(?:[<{$]|Token|Auth|[A-Z]{2,}_)", re.ASCII | re.IGNORECASE)
_BARE = re.compile(
    rf"\b([A-Za-z-]*(?:key|token|auth)[A-Za-z-]*)['\"]?\s*[:=]\s*['\"`]?\s*{_GIVEN}", re.ASCII | re.IGNORECASE
)
_HEADER = re.compile(r"auth|key|token|-", re.IGNORECASE)
_MENTIONED = re.compile(r"请求头|\bheaders?\b", re.IGNORECASE)
_OWN_HEADER = re.compile(r"[A-Z][A-Za-z]*(?:-[A-Za-z]+)+")
_LABEL = re.compile(
    r"(?:认证|鉴权|授权)(?:方式|类型|方法)|auth(?:entication|orization)?(?: method| type| scheme)?",
    re.ASCII | re.IGNORECASE,
)


def read_authentication(page: Page) -> None:
    """Read the header and the scheme of the key."""
    for passage in page.passages:
        for source in sources(passage):
            for name, value in keys(source):
                page.facts.add("auth", name, value)
        for label, text in labels(passage):
            word = re.match(r"[A-Za-z]+\b(?!\s*:)", unquoted(text.plain))
            if word and _LABEL.fullmatch(label.strip()):
                page.facts.add("auth", "scheme", word[0].lower())


def read_headers(page: Page) -> None:
    """Read the other headers that sentences name."""
    for passage in page.outside_fields:
        for text in passage.texts if not isinstance(passage.content, Fence) else ():
            for name in text.codes if _MENTIONED.search(text.plain) else ():
                if (
                    _OWN_HEADER.fullmatch(name)
                    and name.lower() not in HEADERS
                    and f"headers.{name}" not in page.facts.values
                ):
                    page.facts.add(f"headers.{name}", "stated_by", "prose")


def keys(source: str) -> Iterator[tuple[str, str]]:
    """The header that carries the key, and its scheme, as far as a text names them."""
    for header, known, other in _SHOWN.findall(source):
        if not known and not _HEADER.search(header):
            continue
        if attribute(header) is None and header.lower() not in {"auth", "authentication"}:  # a label, no header
            yield "header", header
        yield "scheme", (known or other).lower()
    for header in _BARE.findall(source):
        if "-" in header:
            yield "header", header
    for scheme in _SCHEME.findall(source):
        yield "scheme", scheme.lower()
    if named := _NAMED.search(source):
        yield "header", named[1]
        yield "scheme", named[2].lower()
