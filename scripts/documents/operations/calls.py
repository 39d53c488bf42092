"""The operations of an API that a page describes: every place where it names a method and an address."""

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from difflib import SequenceMatcher
from urllib.parse import parse_qsl, urlsplit

from attrs import frozen

from scripts.documents.facts import Facts
from scripts.documents.markdown.blocks import Fence, narrow
from scripts.documents.markdown.outline import Piece, labels, sources
from scripts.documents.markdown.vocabulary import attribute

HEADERS = frozenset({"authorization", "content-type", "accept"})
"""The headers that requests have anyway."""
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
_METHOD = rf"\b({'|'.join(METHODS)})\b"
_URL = r"https?://(?:[^\s`'\"，。、）)<>|\u3000-\u9fff\uff00-\uffef]|<\w+>)+"
_ADDRESS = rf"({_URL}|/[A-Za-z](?:[\w./{{}}:$-]|<\w+>)*)"
_CALL = re.compile(rf"{_METHOD}[\s:*`|]*{_ADDRESS}", re.ASCII)
_QUERY_TITLE = re.compile(
    r"查询|获取|状态|轮询|详情|\bquery|\bstatus|\bretriev|\bdetails?\b|\bpoll|\bget\b", re.ASCII | re.IGNORECASE
)
_CREATE_TITLE = re.compile(r"创建|提交|发起|\bcreat|\bsubmit|\bgenerat", re.ASCII | re.IGNORECASE)
_QUERY_PATH = re.compile(r"(record|info|status|query|detail|fetch|result|get)[^/]*$", re.ASCII | re.IGNORECASE)
_CREATE_PATH = re.compile(r"(creat|generat|submit)[^/]*$", re.ASCII | re.IGNORECASE)


@frozen
class Call:
    """One mention of an operation."""

    method: str | None
    url: str
    piece: Piece
    headers: tuple[tuple[str, str], ...] = ()
    body: str | None = None

    @property
    def host(self) -> str | None:
        """The scheme and host, if they are told."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}" if parts.netloc else None

    @property
    def path(self) -> str:
        """The path without what follows it."""
        path = urlsplit(self.url).path
        return re.sub(r"/(?::(\w+)|<(\w+)>|\$\{(\w+)\})", lambda m: f"/{{{m[1] or m[2] or m[3]}}}", path).rstrip("/.:,")

    @property
    def parameters(self) -> dict[str, str]:
        """Name -> in: the parameters that the address shows."""
        inside = dict.fromkeys(re.findall(r"\{(\w+)\}", self.path), "path")
        return inside | {name: "query" for name, _ in parse_qsl(urlsplit(self.url).query, keep_blank_values=True)}

    @property
    def asking(self) -> float:
        """How much this looks like asking for a task rather than creating one."""
        nearest = self.piece.titles[:3]
        return (
            2 * ("{" in self.path)
            + 2 * bool(_QUERY_PATH.search(self.path))
            - 2 * bool(_CREATE_PATH.search(self.path))
            + {"GET": 1, None: 0}.get(self.method, -1)
            + any(map(_QUERY_TITLE.search, nearest))
            - any(map(_CREATE_TITLE.search, nearest))
        )


def calls(pieces: tuple[Piece, ...]) -> dict[str, list[Call]]:
    """Prefix of the operation's places -> its mentions."""
    found = [call for piece in pieces for call in _calls(piece)] + list(_labelled(pieces))
    clusters = _clusters(call for call in found if call.path)
    asking = {path: sum(call.asking for call in members) / len(members) for path, members in clusters.items()}
    roles = _roles(asking)
    given: dict[str, list[Call]] = {}
    for path, members in clusters.items():
        given.setdefault(roles[path], []).extend(members)
    for call in _mentions(pieces, given):
        given[_nearest(call, given)].append(call)
    return given


def tell_calls(facts: Facts, made: Mapping[str, list[Call]]) -> None:
    """Tell every method, address, parameter and header of the mentions."""
    for prefix, members in made.items():
        for call in members:
            for name, value in (("method", call.method), ("path", call.path), ("host", call.host)):
                if value:
                    facts.tell(f"{prefix}request", name, value)
            for name, location in call.parameters.items():
                facts.tell(f"{prefix}request.{name}", "in", location)
            for name, _ in call.headers:
                if name.lower() not in HEADERS:
                    facts.tell(f"{prefix}headers.{name}", "stated_by", "sample")


def curl(text: str, piece: Piece) -> Call | None:
    """The call that a curl command makes."""
    try:
        words = shlex.split(re.sub(r"\\\s*\n", " ", text))
    except ValueError:
        words = re.sub(r"\\\s*\n", " ", text).split()
    if not words or words[0] != "curl":
        return None
    method, url, body, headers = None, None, None, []
    rest = iter(words[1:])
    for word in rest:
        option, _, value = word.partition("=") if word.startswith("--") else (word, "", "")
        match option:
            case "-X" | "--request":
                method = (value or next(rest, "")).upper()
            case "--url":
                url = value or next(rest, "")
            case "-H" | "--header":
                name, _, content = narrow(value or next(rest, "")).partition(":")
                headers.append((name.strip(), content.strip()))
            case "-d" | "--data" | "--data-raw" | "--data-binary" | "--json" | "--data-ascii":
                body = value or next(rest, "")
            case _ if re.match(r"https?://|/\w", word) and url is None:
                url = word
    if url is None or not re.match(_ADDRESS, url):
        return None
    return Call(method or ("GET" if body is None else "POST"), url, piece, tuple(headers), body)


def _calls(piece: Piece) -> Iterator[Call]:
    """Mentions of a method with an address right after it."""
    if isinstance(piece.content, Fence):
        made = curl(piece.content.content, piece) if re.match(r"\s*(?:\$\s*)?curl\b", piece.content.content) else None
        if made:
            yield made
            return
    for source in sources(piece):
        for found in _CALL.finditer(source):
            yield Call(found[1], found[2], piece)


def _labelled(pieces: tuple[Piece, ...]) -> Iterator[Call]:
    """Methods and addresses that stand under labels of their own, section by section."""
    sections: dict[int, list[tuple[str, str, Piece]]] = {}
    for piece in pieces:
        for label, value in labels(piece):
            if (name := attribute(label)) in {"method", "url"}:
                sections.setdefault(piece.path[-1].number if piece.path else -1, []).append((name, value.plain, piece))
    for told in sections.values():
        methods = [value.upper() for name, value, _ in told if name == "method" and value.upper() in METHODS]
        named = [(value, piece) for name, value, piece in told if name == "url"]
        urls = [(value, piece) for value, piece in named if re.fullmatch(_ADDRESS, value, re.ASCII)]
        yield from (Call(method, url, piece) for url, piece in urls for method in (*methods,) or (None,))


def _clusters(found: Iterable[Call]) -> dict[str, list[Call]]:
    """Mentions of what is one path but for a slip."""
    clusters: dict[str, list[Call]] = {}
    for call in found:
        same = next((path for path in clusters if alike(path, call.path)), call.path)
        clusters.setdefault(same, []).append(call)
    return clusters


def alike(one: str, other: str) -> bool:
    """Whether two paths are one but for a slip."""
    segments, others = one.strip("/").split("/"), other.strip("/").split("/")
    if len(segments) != len(others) or SequenceMatcher(None, one, other).ratio() < 0.75:
        return False
    return SequenceMatcher(None, segments[-1], others[-1]).ratio() > 0.6


def _beside(path: str, known: set[str]) -> bool:
    """Whether a path differs from the known one by its last part alone."""
    return path.rpartition("/")[0] in {other.rpartition("/")[0] for other in known}


def _roles(asking: dict[str, float]) -> dict[str, str]:
    if not asking:
        return {}
    most, least = max(asking, key=asking.__getitem__), min(asking, key=asking.__getitem__)
    if asking[most] == asking[least]:
        return dict.fromkeys(asking, "query." if asking[most] >= 2 else "")
    middle = (asking[most] + asking[least]) / 2
    return {path: "query." if path == most or value > middle else "" for path, value in asking.items()}


def _mentions(pieces: tuple[Piece, ...], given: dict[str, list[Call]]) -> Iterator[Call]:
    """Addresses without a method that are surely those of a known operation."""
    known = {call.path for members in given.values() for call in members}
    hosts = {call.host for members in given.values() for call in members}
    for piece in pieces:
        for source in sources(piece):
            for found in re.finditer(_URL, _CALL.sub("", source)):
                call = Call(None, found[0], piece)
                beside = len(known) == 1 and call.host in hosts and _beside(call.path, known)
                if beside or any(alike(path, call.path) for path in known):
                    yield call


def _nearest(call: Call, given: dict[str, list[Call]]) -> str:
    def distance(prefix: str) -> float:
        return max(SequenceMatcher(None, call.path, other.path).ratio() for other in given[prefix])

    return max(given, key=distance)
