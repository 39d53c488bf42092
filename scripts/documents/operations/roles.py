"""Where a passage belongs: to which operation, to its request or its response, and to which object in it.

No heading decides alone. Each interpretation of a passage collects evidence (the section it stands in, the words of
the headings above it, the names it shares with samples) and the best one wins, so that a page may be worded and ordered
freely.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from attrs import frozen

from scripts.documents.facts import place
from scripts.documents.fields.samples import Sample, keys
from scripts.documents.markdown.outline import Group, Passage, Section
from scripts.documents.operations.calls import Call

REQUEST = re.compile(r"请求|入参|输入|传入|\brequest|\binput|\bbody\b|\bpayload", re.IGNORECASE)
RESPONSE = re.compile(r"响应|返回|应答|出参|输出|\brespon|\breturn|\boutput|\banswer|\bresult", re.IGNORECASE)
CALLBACK = re.compile(r"回调|\bcallback|\bwebhook", re.IGNORECASE)
QUERY = re.compile(r"查询|轮询|获取任务|任务详情|\bquery|\bpoll|\bretriev|\bget\b|task details?", re.IGNORECASE)
CREATE = re.compile(r"创建|提交|发起|\bcreat|\bsubmit|\bgenerat", re.IGNORECASE)
REQUEST_FIELDS = frozenset(
    [
        "model",
        "model_name",
        "prompt",
        "negative_prompt",
        "input",
        "callBackUrl",
        "callback_url",
        "duration",
        "aspect_ratio",
        "image",
        "image_url",
        "cfg_scale",
    ]
)
"""Typical names of the fields of requests."""
RESPONSE_FIELDS = frozenset(
    [
        "code",
        "msg",
        "message",
        "data",
        "task_id",
        "taskId",
        "task_status",
        "request_id",
        "created_at",
        "updated_at",
        "state",
        "status",
    ]
)
"""Typical names of the fields of responses."""
QUERY_PARAMETERS = frozenset(["taskId", "task_id", "id", "taskIds", "task_ids"])
"""Typical names of the parameter of a query."""


@frozen
class OperationIndex:
    """Which sections are about one operation alone, and where the page names operations."""

    prefixes: tuple[str, ...]
    sections: Mapping[int, frozenset[str]]
    order: tuple[tuple[int, str], ...]

    @classmethod
    def of(cls, calls: Mapping[str, list[Call]]) -> "OperationIndex":
        """Sections by the operations that are named below them."""
        sections: dict[int, frozenset[str]] = {}
        for prefix, members in calls.items():
            for call in members:
                for section in call.passage.path:
                    sections[section.number] = sections.get(section.number, frozenset()) | {prefix}
        order = sorted((call.passage.index, prefix) for prefix, members in calls.items() for call in members)
        return cls(tuple(sorted(calls)), sections, tuple(order))

    def evidence(self, passage: Passage, prefix: str) -> float:
        """The evidence for an operation against the other one."""
        if len(self.prefixes) < 2:
            return 0
        own = [section for section in passage.path if len(self._named(section)) < 2]
        named = self.section(passage)
        score = 0.0 if not named else 1.0 if prefix in named else -1.0
        if prefix not in {"", "query."}:
            return 4 * score - 1  # by its section alone
        if named and not named & {"", "query."}:
            return -4
        expected, other = (QUERY, CREATE) if prefix else (CREATE, QUERY)
        nearest = [section.title.plain for section in own[-2:]]
        score += 0.75 * any(map(expected.search, nearest)) - 0.75 * any(map(other.search, nearest))
        before = [named for index, named in self.order if index <= passage.index]
        return score + 0.3 * (bool(before) and before[-1] == prefix) + 0.1 * (not prefix)

    def section(self, passage: Passage) -> frozenset[str]:
        """The operation that is named alone in the nearest section of a passage where one is."""
        named = (self._named(section) for section in reversed(passage.path))
        return next((found for found in named if len(found) == 1), frozenset[str]())

    def _named(self, section: Section) -> frozenset[str]:
        """The operations that are named in a section."""
        return self.sections.get(section.number, frozenset())


@frozen
class Interpretation:
    """One possible place of the fields of a group: an object in a request or a response."""

    prefix: str
    side: str
    inner: tuple[str, ...]

    @property
    def root(self) -> str:
        """The place of the object."""
        return place(f"{self.prefix}{self.side}", *self.inner)


def side_of_sample(passage: Passage, names: Iterable[str]) -> str:
    """Whether a JSON sample is a request, a response, or a callback."""
    nearest = (*passage.titles[:2],)
    known = set(names)
    request_score = 2 * len(known & REQUEST_FIELDS) / max(1, len(known)) + _titled(REQUEST, nearest)
    response_score = 2 * len(known & RESPONSE_FIELDS) / max(1, len(known)) + _titled(RESPONSE, nearest)
    if any(map(CALLBACK.search, nearest[:1])) and response_score >= request_score:
        return "callback"
    return "request" if request_score > response_score else "response"


def interpret(
    passage: Passage,
    group: Group,
    operations: OperationIndex,
    samples: list[Sample],
    objects: Mapping[str, Iterable[tuple[str, ...]]],
) -> Interpretation:
    """The best interpretation of a group of fields; `objects` are the paths of objects by the place of their side."""
    candidates = [
        Interpretation(prefix, side, inner)
        for prefix in operations.prefixes
        for side in ("request", "response")
        for inner in {(), *objects.get(f"{prefix}{side}", ())}
    ]
    return max(candidates, key=lambda one: (_score(one, passage, group, operations, samples), not one.inner, one.root))


def _score(
    one: Interpretation, passage: Passage, group: Group, operations: OperationIndex, samples: list[Sample]
) -> float:
    names = [field.name for field in group.fields]
    shown = (sample.data for sample in samples if sample.root == f"{one.prefix}{one.side}")
    score = operations.evidence(passage, one.prefix) + _side(one, passage, group, names)
    score += max((_shared(names, data, one.inner) for data in shown), default=0)
    if one.inner:
        mention = re.compile(rf"(?<![\w.]){re.escape(one.inner[-1])}(?!\w)", re.ASCII)
        score += 3 * any(map(mention.search, passage.titles[:1])) - 0.3
    return score


def _side(one: Interpretation, passage: Passage, group: Group, names: list[str]) -> float:
    is_request = one.side == "request"
    expected, other = (REQUEST, RESPONSE) if is_request else (RESPONSE, REQUEST)
    score = 1.5 * (_titled(expected, passage.titles[:3]) - _titled(other, passage.titles[:3]))
    score += (
        1.5
        * sum(name.split(".")[0] in (REQUEST_FIELDS if is_request else RESPONSE_FIELDS) for name in names)
        / len(names)
    )
    marked = bool(group.attributes & {"required", "optional", "default"})
    if is_request and one.prefix == "query.":
        by_id = set(names) <= QUERY_PARAMETERS or (marked and set(names) & QUERY_PARAMETERS)
        score += 3 if by_id else -3  # a query has no body
    elif is_request and marked and not set(names) <= QUERY_PARAMETERS:
        score += 1.5
    return score + 1.5 * (not is_request and not marked)


def _titled(words: re.Pattern[str], titles: tuple[str, ...]) -> float:
    """More for a nearer title."""
    return max((1 / (1 + distance) for distance, title in enumerate(titles) if words.search(title)), default=0)


def _shared(names: list[str], data: Any, inner: tuple[str, ...]) -> float:
    """Which part of the names a sample has at a path, and which part of the sample's have a name; more if all."""
    there = keys(data, inner)
    if not there:
        return 0
    found = sum(_has(data, (*inner, *name.split("."))) for name in names) / len(names)
    covered = len(there & {name.split(".")[0] for name in names}) / len(there)
    return 3 * found + 2 * covered + 2 * (found == covered == 1) - (not found)


def _has(data: Any, path: tuple[str, ...]) -> bool:
    there = keys(data, path[:-1])
    return there is not None and path[-1] in there
