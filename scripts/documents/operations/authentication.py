"""How requests carry their key: the header and the scheme, wherever a page shows or names them."""

import re
from collections.abc import Iterator

from scripts.documents.markdown.outline import labels, sources
from scripts.documents.markdown.vocabulary import attribute, unquoted
from scripts.documents.operations.page import Page

_GIVEN = r"(?:[<{$\[]|YOUR|your|[A-Z]+_[A-Z]+|sk-|\*{3}|[\u4e00-\u9fff])"
_SHOWN = re.compile(
    rf"([A-Za-z][A-Za-z-]*)['\"]?\s*[:=]\s*['\"`]?\s*(?:(Bearer|Basic|Digest|Token)\s+\S|([A-Za-z]+)\s+{_GIVEN})"
)
_NAMED = re.compile(
    rf"(?:请求头|header)[^。;\n]{{0,12}}?([A-Z][A-Za-z]*(?:-[A-Za-z]+)*)[^。;\n]{{0,16}}?\b([A-Z][A-Za-z]+)"
    rf"(?:\s+{_GIVEN}|[\u4e00-\u9fff])",
    re.ASCII | re.IGNORECASE,
)
_SCHEME = re.compile(r"\b(Bearer|Basic|Digest)\s+(?:[<{$]|Token|Auth|[A-Z]{2,}_)", re.ASCII | re.IGNORECASE)
_BARE = re.compile(
    rf"\b([A-Za-z-]*(?:key|token|auth)[A-Za-z-]*)['\"]?\s*[:=]\s*['\"`]?\s*{_GIVEN}", re.ASCII | re.IGNORECASE
)
_HEADER = re.compile(r"auth|key|token|-", re.IGNORECASE)
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
