"""What a line states that no fact holds: the complement of the readers, so that nothing is lost without a word.

It does not say what a line means, only that it states something: a name that the page does not know as a field, a type, a
mark, a limit, a code. Whoever reads the report decides.
"""

import re
from collections.abc import Set as AbstractSet
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

from attrs import frozen

from scripts.documents.facts import Value, canonical, listed, mapping, values_of
from scripts.documents.fields import sentences
from scripts.documents.fields.limits import figures
from scripts.documents.markdown.blocks import Text
from scripts.documents.markdown.vocabulary import NAME, attribute, type_of

Stated = Mapping[str, Mapping[str, Value]]
"""Place -> name -> value."""

_IDENTIFIER = re.compile(
    r"[A-Za-z]\w*_\w+|[a-z]+[0-9]*[A-Z]\w*|[A-Z][A-Za-z]*(?:-[A-Z][A-Za-z]*)+|[a-z]\w*(?:\.[a-z]\w*)+", re.ASCII
)
"""A word that can hardly be anything but the name of a field or a header."""
_BARE = re.compile(r"(?<![\w./:@#<{\\-])[a-z]+[0-9]*(?:_[a-z0-9]+)+(?![\w/(.:]*[/(@\w])", re.ASCII)
_SUBJECT = re.compile(
    rf"[\s>*•+|-]*(?:\d+[.)]\s*)?(?:[\ue000-\ue003]+({NAME.pattern})[\ue000-\ue003]+|({NAME.pattern})\??\s*"
    r"(?=$|[:=(,;|→]|[-–—]\s))",
    re.ASCII,
)
_ADDRESS = re.compile(r"https?://\S+|\[[^\]]*\]\([^)]*\)|(?<!\w)/[\w./{}-]+")
_WORD = re.compile(r"[A-Za-z_$][\w$-]*", re.ASCII)
_CLAUSE = re.compile(r"[\s\ue000-\ue003]*(?:[,、;。|·():=→\s]|\.(?=\s|$)|\s[-–—]\s)[\s\ue000-\ue003]*")
_SENTENCE = re.compile(r"[。;\n]|\.(?=\s)")
_CODE = re.compile(r"[\s>*•+|-]*(?:HTTP\s*)?[`\"'\ue000-\ue003]*([1-5]\d\d)[`\"'\ue000-\ue003]*\s*(?:[:|→]|[-–—]\s)\s*\D")
_TYPE = re.compile(
    r"(?:string|str|integer|int(?:32|64)?|number|float|double|bool(?:ean)?|object|array|字符串|整数|整型|浮点数?|布尔值?"
    r"|布尔型|对象|数组)(?:\[\]|<.*>)?",
    re.IGNORECASE,
)
_FACTORS = (1000, 10**6, 10**9, 2**10, 2**20, 2**30)
_LARGE = 10_000
"""A number from which on it may be one of bytes or milliseconds, which the page has in another unit."""
_MENTION = re.compile(
    r"参数|字段|属性|请求头|请求体|可选|必[填需选传]|默认|传[入递]?"
    r"|\b(?:fields?|param(?:eter)?s?|headers?|propert(?:y|ies)|attributes?|optional(?:ly)?|required|defaults?|accepts?"
    r"|sen[dt]|pass(?:ed)?|integers?|strings?|booleans?|numbers?)\b",
    re.IGNORECASE,
)
"""Words beside a name that show that it is one of a field."""
_CONDITION = re.compile(r"此时|当|如果|若|时[,，]|\b(?:if|when|while)\b", re.IGNORECASE)
"""A limit in this case alone is none of the field's."""


@frozen
class Line:
    """A line of a page, and the name that its title is; none where it stands apart."""

    text: Text
    title: str = ""


@frozen
class Known:
    """What is known of a page: its facts, and the words of them and of its samples."""

    stated: Stated
    words: frozenset[str]

    @classmethod
    def of(cls, stated: Stated, samples: Iterable[str]) -> "Known":
        """All words of places, values and samples."""
        values = (canonical(value) for facts in stated.values() for value in facts.values())
        return cls(stated, frozenset(word for text in (*stated, *values, *samples) for word in _WORD.findall(text)))

    def places(self, name: str) -> list[str]:
        """The places of the fields of this name, perhaps of its last part alone."""
        last = re.sub(r"\[\w*\]", "", name).rpartition(".")[2]
        return [at for at in self.stated if at.rpartition(".")[2] == last and "." in at]


def unread_in_line(line: Line, known: Known) -> Iterator[str]:
    """What a line beside the fields states that no fact holds."""
    yield from (f"this name is not known: {name}" for name in unknown_names(line.text, known))
    if (code := _CODE.match(line.text.prose)) and int(code[1]) not in _codes(known):
        yield f"this code is not known: {code[1]}"
    found = _SUBJECT.match(line.text.prose)
    name = (found[1] or found[2]) if found else ""
    rest = line.text.prose[found.end() :] if found else line.text.prose
    name = name if name and attribute(name) is None else line.title
    yield from _unread_of(name, rest, known)


def _unread_of(name: str, text: str, known: Known) -> Iterator[str]:
    clauses = [one for one in _CLAUSE.split(text) if one][:6]
    types = [found.name for one in clauses if _TYPE.fullmatch(one) and (found := type_of(one))]
    places = known.places(name) if name else []
    if types and not any(_holds(known.stated[at], "type", types) for at in places):
        yield f"a type of {name or 'no field'} is not read: {types[0]}"
    elif places:
        stated = [*chain.from_iterable(_numbers(known.stated, at) for at in places)]
        yield from (f"a limit of {name} is not read: {one}" for one in _limits(text) if not _among(one, stated))


def unknown_names(text: Text, known: Known) -> Iterator[str]:
    """The names in a text that can only be those of fields or headers, and that the page does not know."""
    found = _SUBJECT.match(text.prose)
    if not _MENTION.search(text.plain) and not found:
        return
    bare = _ADDRESS.sub(" ", re.sub("\ue000[^\ue001]*\ue001", " ", text.marked))
    for name in (*filter(_IDENTIFIER.fullmatch, text.codes), *_BARE.findall(bare)):
        if re.search("[a-z]", name) and not {name, *_WORD.findall(name)} & known.words:
            yield name


def _codes(known: Known) -> list[Value]:
    return [code for at in known.stated.values() for name in ("enum", "success", "status") for code in _flat(at.get(name))]


def _flat(value: Value) -> Iterator[Value]:
    """Every scalar of a value."""
    if isinstance(value, dict):
        for one in mapping(value).values():
            yield from _flat(one)
    elif isinstance(value, list):
        for one in listed(value):
            yield from _flat(one)
    else:
        yield value


def _holds(facts: Mapping[str, Value], name: str, values: list[Value]) -> bool:
    return "stated_by" not in facts and name in facts and any(one in values for one in values_of(facts[name]))


def _limits(text: str, choices: AbstractSet[str] = frozenset()) -> Iterator[float]:
    """The limits that a text states in any case, and not of one of the choices alone."""
    for sentence in _SENTENCE.split(sentences.unadvised(sentences.plainly(text)).lstrip(" :>")):
        if not _CONDITION.search(sentence) and not choices & {*_WORD.findall(sentence)}:
            yield from figures(sentence)


def _numbers(stated: Stated, at: str) -> Iterator[float]:
    """Every number in the facts of a place, and of those below it."""
    for where, facts in stated.items():
        if where == at or where.startswith(f"{at}."):
            for value in _flat(dict(facts)):
                yield from (float(one) for one in re.findall(r"(?<!\w)-?\d+(?:\.\d+)?", str(value)))


def _among(figure: float, stated: Iterable[float]) -> bool:
    """Whether a figure is among those of the facts, perhaps in another unit, or one beyond an exclusive limit."""
    return any(abs(figure - one) <= 1 or (one >= _LARGE and any(figure * factor == one for factor in _FACTORS)) for one in stated)


def unread_in_field(where: str, text: str, known: Known) -> Iterator[str]:
    """What a text about a field states that its facts do not hold."""
    yield from (f"this name is not known: {name}" for name in unknown_names(Text(text), known))
    stated = [*_numbers(known.stated, where)]
    choices = {one for one in _flat(known.stated.get(where, {}).get("enum")) if isinstance(one, str) and one.isalpha()}
    yield from (f"a limit is not read: {one}" for one in _limits(text, choices) if not _among(one, stated))
