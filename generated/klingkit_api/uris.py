# Written by `make generate` from scripts/codegen/runtime/uris.py; never edited by hand.
"""The grammar of URIs (RFC 3986)."""

import re
from ipaddress import IPv6Address
from typing import Final

__all__ = ["is_uri"]

_CHARACTER: Final = r"(?:[A-Za-z0-9._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})"
_URI: Final = re.compile(
    rf"""[A-Za-z][A-Za-z0-9+.-]*:
    (?://(?:(?:{_CHARACTER}|:)*@)?(?:\[(?P<literal>[^\]]*)\]|{_CHARACTER}*)(?::[0-9]*)?(?![^/?\#])|(?!//))
    (?:{_CHARACTER}|[:@/])*
    (?:\?(?:{_CHARACTER}|[:@/?])*)?
    (?:\#(?:{_CHARACTER}|[:@/?])*)?""",
    re.VERBOSE,
)
"""RFC 3986, appendix A: scheme, authority, path, query, fragment; an IP literal is judged apart."""
_FUTURE_LITERAL: Final = re.compile(r"v[0-9A-Fa-f]+\.[A-Za-z0-9._~!$&'()*+,;=:-]+")


def is_uri(text: str) -> bool:
    """Whether a text is a URI (RFC 3986) as ``format: uri`` requires it: absolute, and ASCII alone."""
    match = _URI.fullmatch(text)
    return match is not None and (match["literal"] is None or _is_ip_literal(match["literal"]))


def _is_ip_literal(literal: str) -> bool:
    """Whether this may stand between the brackets of a URI: an IPv6 address without a zone, or a later kind."""
    try:
        return bool(_FUTURE_LITERAL.fullmatch(literal)) or IPv6Address(literal).scope_id is None
    except ValueError:
        return False
