"""The operations of an API that a page describes: every place where it names a method and an address."""

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from difflib import SequenceMatcher
from urllib.parse import parse_qsl, urlsplit

from attrs import frozen

from scripts.documents.facts import Facts
from scripts.documents.markdown.blocks import Fence, half_width
from scripts.documents.markdown.outline import Passage, labels, sources
from scripts.documents.markdown.vocabulary import attribute

OTHER = "other."
"""How the prefixes of operations begin of which no facts are kept."""
_PAGING = re.compile(r"page_?(?:num(?:ber)?|size|no)?|limit|offset|cursor|(?:per_?page)", re.IGNORECASE)
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
    passage: Passage
    headers: tuple[tuple[str, str], ...] = ()
    body: str | None = None

    @property
    def host(self) -> str | None:
        """The scheme and host, if they are stated."""
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
    def query_score(self) -> float:
        """How much this looks like querying a task rather than creating one."""
        nearest = self.passage.titles[:3]
        return (
            2 * ("{" in self.path)
            + 2 * bool(_QUERY_PATH.search(self.path))
            - 2 * bool(_CREATE_PATH.search(self.path))
            + {"GET": 1, None: 0}.get(self.method, -1)
            + any(map(_QUERY_TITLE.search, nearest))
            - any(map(_CREATE_TITLE.search, nearest))
        )


def calls(passages: tuple[Passage, ...]) -> dict[str, list[Call]]:
    """Prefix of the operation's places -> its mentions; other operations than the two have numbered ones."""
    found = [call for passage in passages for call in _calls(passage)] + list(_labelled(passages))
    clusters = [half for members in _clusters(call for call in found if call.path) for half in _by_method(members)]
    lists = [members for members in clusters if any(map(_is_list, members))]
    clusters = [members for members in clusters if members not in lists]
    scores = [sum(call.query_score for call in members) / len(members) for members in clusters]
    given: dict[str, list[Call]] = {}
    others = [*lists]
    ranked = sorted(
        zip(_roles(scores), scores, clusters, strict=True), key=lambda one: one[1] if one[0] == "" else -one[1]
    )
    for role, _, members in ranked:
        known = {_section(call) for rest in clusters if rest is not members for call in rest}
        if role in given and not _contradict(members, given[role], known):
            others.append(members)
        else:
            given.setdefault(role, []).extend(members)
    given = dict(sorted(given.items(), key=lambda one: found.index(one[1][0])))
    for call in _mentions(passages, given):
        given[_nearest(call, given)].append(call)
    return given | {f"{OTHER}{number}.": members for number, members in enumerate(others) if _is_served(members)}


def read_calls(facts: Facts, made: Mapping[str, list[Call]]) -> None:
    """Add every method, address, parameter and header of the mentions."""
    for prefix, members in made.items():
        if prefix.startswith(OTHER):
            facts.skip("operation", f"{members[0].method} {members[0].path} neither creates nor queries a task")
            continue
        for call in members:
            for name, value in (("method", call.method), ("path", call.path), ("host", call.host)):
                if value:
                    facts.add(f"{prefix}request", name, value)
            for name, location in call.parameters.items():
                facts.add(f"{prefix}request.{name}", "in", location)
            for name, _ in call.headers:
                if name.lower() not in HEADERS:
                    facts.add(f"{prefix}headers.{name}", "stated_by", "sample")


def _contradict(members: list[Call], others: list[Call], known: set[int]) -> bool:
    """Whether two groups of mentions are about one operation, whose path the page states differently.

    That is so where a page differs in what comes before the last part, and where it differs in that last part among
    sections that name several operations (`known`).
    """
    (one, *_), (other, *_) = members, others
    (parent, _, last), (its_parent, _, its_last) = one.path.rpartition("/"), other.path.rpartition("/")
    among = parent == its_parent and {_section(call) for call in members} <= known
    same = one.method == other.method and {call.host for call in members} <= {None, *(call.host for call in others)}
    return same and (last == its_last or among)


def _section(call: Call) -> int:
    return call.passage.path[-1].number if call.passage.path else -1


def _is_list(call: Call) -> bool:
    """Whether a call asks for a page of a list."""
    names = {name for name, where in call.parameters.items() if where == "query"}
    return bool(names) and all(map(_PAGING.fullmatch, names))


def _is_served(members: list[Call]) -> bool:
    """Whether calls are for the service, and none of them for the reader's own."""
    return not any(re.search(r"example|localhost|127\.0|your", call.host or "", re.IGNORECASE) for call in members)


def _by_method(members: list[Call]) -> list[list[Call]]:
    """The mentions of a path, apart if it is read in some sections and written to in others."""
    reads = [call for call in members if call.method in {"GET", "HEAD"}]
    writes = [call for call in members if call not in reads and call.method]
    sections = [{section.number for call in calls for section in call.passage.path[1:]} for calls in (reads, writes)]
    if not reads or not writes or sections[0] & sections[1] or not all(sections):
        return [members]
    return [[call for call in members if call not in writes], writes]


def curl(text: str, passage: Passage) -> Call | None:
    """The call that a curl command makes."""
    try:
        words = shlex.split(re.sub(r"\\\s*\n", " ", text))
    except ValueError:
        words = re.sub(r"\\\s*\n", " ", text).split()
    if not words or words[0] != "curl":
        return None
    method: str | None = None
    url: str | None = None
    body: str | None = None
    headers: list[tuple[str, str]] = []
    rest = iter(words[1:])
    for word in rest:
        option, _, value = word.partition("=") if word.startswith("--") else (word, "", "")
        match option:
            case "-X" | "--request":
                method = (value or next(rest, "")).upper()
            case "--url":
                url = value or next(rest, "")
            case "-H" | "--header":
                name, _, content = half_width(value or next(rest, "")).partition(":")
                headers.append((name.strip(), content.strip()))
            case "-d" | "--data" | "--data-raw" | "--data-binary" | "--json" | "--data-ascii":
                body = value or next(rest, "")
            case _ if re.match(r"https?://|/\w", word) and url is None:
                url = word
            case _:
                pass
    if url is None or not re.match(_ADDRESS, url):
        return None
    return Call(method or ("GET" if body is None else "POST"), url, passage, tuple(headers), body)


def _calls(passage: Passage) -> Iterator[Call]:
    """Mentions of a method with an address right after it."""
    if isinstance(passage.content, Fence):
        made = (
            curl(passage.content.content, passage)
            if re.match(r"\s*(?:\$\s*)?curl\b", passage.content.content)
            else None
        )
        if made:
            yield made
            return
    for source in sources(passage):
        for found in _CALL.finditer(source):
            yield Call(found[1], found[2], passage)


def _labelled(passages: tuple[Passage, ...]) -> Iterator[Call]:
    """Methods and addresses that stand under labels of their own, section by section."""
    sections: dict[int, list[tuple[str, str, Passage]]] = {}
    for passage in passages:
        for label, value in labels(passage):
            if (name := attribute(label)) in {"method", "url"}:
                sections.setdefault(passage.path[-1].number if passage.path else -1, []).append(
                    (name, value.plain, passage)
                )
    for found in sections.values():
        methods = [value.upper() for name, value, _ in found if name == "method" and value.upper() in METHODS]
        named = [(value, passage) for name, value, passage in found if name == "url"]
        urls = [(value, passage) for value, passage in named if re.fullmatch(_ADDRESS, value, re.ASCII)]
        yield from (Call(method, url, passage) for url, passage in urls for method in (*methods,) or (None,))


def _clusters(found: Iterable[Call]) -> list[list[Call]]:
    """Group the mentions by path; paths that differ by a typo are one."""
    clusters: dict[str, list[Call]] = {}
    for call in found:
        same = next((path for path in clusters if alike(path, call.path)), call.path)
        clusters.setdefault(same, []).append(call)
    return [*clusters.values()]


def alike(one: str, other: str) -> bool:
    """Whether two paths differ by no more than a typo."""
    segments, others = one.strip("/").split("/"), other.strip("/").split("/")
    if len(segments) != len(others) or SequenceMatcher(None, one, other).ratio() < 0.75:
        return False
    return SequenceMatcher(None, segments[-1], others[-1]).ratio() > 0.6


def _differs_in_last_part(path: str, known: set[str]) -> bool:
    """Whether a path differs from the known one by its last part alone."""
    return path.rpartition("/")[0] in {other.rpartition("/")[0] for other in known}


def _roles(scores: list[float]) -> list[str]:
    if not scores:
        return []
    most, least = max(scores), min(scores)
    if most == least:
        return ["query." if most >= 2 else ""] * len(scores)
    return ["query." if value > (most + least) / 2 else "" for value in scores]


def _mentions(passages: tuple[Passage, ...], given: dict[str, list[Call]]) -> Iterator[Call]:
    """Addresses without a method that belong to a known operation."""
    known = {call.path for members in given.values() for call in members}
    hosts = {call.host for members in given.values() for call in members}
    for passage in passages:
        for source in sources(passage):
            for found in re.finditer(_URL, _CALL.sub("", source)):
                call = Call(None, found[0], passage)
                beside = len(known) == 1 and call.host in hosts and _differs_in_last_part(call.path, known)
                if beside or any(alike(path, call.path) for path in known):
                    yield call


def addresses_without_method(passages: tuple[Passage, ...], made: Mapping[str, list[Call]]) -> Iterator[str]:
    """The addresses at the hosts of the operations that stand beside no method, here or elsewhere."""
    known = {call.path for members in made.values() for call in members if call.method}
    hosts = {call.host for members in made.values() for call in members if call.host}
    for passage in passages:
        if isinstance(passage.content, Fence) and re.match(r"\s*[{\[]", passage.content.content):
            continue  # a sample, with the addresses of files
        for found in (url for source in sources(passage) for url in re.findall(_URL, source)):
            call = Call(None, found, passage)
            if call.host in hosts and call.path and not any(alike(path, call.path) for path in known):
                yield call.path


def _nearest(call: Call, given: dict[str, list[Call]]) -> str:
    def distance(prefix: str) -> float:
        return max(SequenceMatcher(None, call.path, other.path).ratio() for other in given[prefix])

    return max(given, key=distance)
