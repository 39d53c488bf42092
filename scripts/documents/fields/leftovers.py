"""What a line states that no fact holds: the complement of the readers, so that nothing is lost without a word.

It does not say what a line means, only that it states something: a name that the page does not know as a field, a
type, a mark, a limit, a value, a code. Whoever reads the report decides.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from itertools import chain

from attrs import frozen

from scripts.documents.facts import Value, canonical, listed, mapping, values_of
from scripts.documents.fields import sentences
from scripts.documents.fields.choices import MEDIA
from scripts.documents.fields.limits import figures
from scripts.documents.markdown.blocks import Text
from scripts.documents.markdown.vocabulary import NAME, attribute, type_of, unquoted, yes

Stated = Mapping[str, Mapping[str, Value]]
"""Place -> name -> value."""

_MARKS = "\ue000\ue001\ue002\ue003"
_IDENTIFIER = re.compile(
    r"[A-Za-z]\w*_\w+|[a-z]+[0-9]*[A-Z]\w*|[A-Z][A-Za-z]*(?:-[A-Z][A-Za-z]*)+|[a-z]\w*(?:\.[a-z]\w*)+", re.ASCII
)
"""A word that can hardly be anything but the name of a field or a header."""
_JOINED = re.compile(r"[A-Za-z]\w*_\w+|[a-z]+[0-9]*[A-Z]\w*|X-\w+(?:-\w+)*", re.ASCII)
_BARE = re.compile(r"(?<![\w./:@#<{\\-])[a-z]+[0-9]*(?:_[a-z0-9]+)+(?![\w/(.:]*[/(@\w])", re.ASCII)
_SUBJECT = re.compile(
    rf"[\s>*•+|-]*(?:\d+[.)]\s*)?(?:[{_MARKS}]+({NAME.pattern})[{_MARKS}]+|({NAME.pattern})\??\s*"
    r"(?=$|[:=(,;|→]|[-–—]\s))",
    re.ASCII,
)
"""The name with which a line begins: marked, or before what sets it off."""
_ADDRESS = re.compile(r"https?://\S+|\[[^\]]*\]\([^)]*\)|(?<!\w)/[\w./{}-]+")
_WORD = re.compile(r"[A-Za-z_$][\w$-]*", re.ASCII)
_VALUE = re.compile(r"-?\d[\w.:]{0,15}", re.ASCII)
_CLAUSE = re.compile(r"[,、;。|·()=→:\n]|\.(?=\s|$)|\s[-–—]\s")
_COLUMN = re.compile(r"\t|\s{2,}")
_SENTENCE = re.compile(r"[。;\n]|\.(?=\s)")
_CODE = re.compile(
    rf"[\s>*•+|-]*(?:HTTP\s*)?[`\"'{_MARKS}]*([1-5]\d\d)(?:[`\"'{_MARKS}]*\s*(?:[:|→]|[-–—]\s)|[{_MARKS}]+\s)\s*\D",
    re.ASCII,
)
_UPPER = re.compile(r"[A-Z][A-Z0-9_]*")
"""The name of an environment variable."""
_PROGRAM = re.compile(
    r"\b(?:packages?|npm|pip|SDKs?|librar(?:y|ies)|imports?|environment variables?|node\.js|python|java(?:script)?"
    r"|typescript|repo(?:sitory)?|docker|shell)\b|环境变量|软件包|安装包|依赖包|代码库",
    re.ASCII | re.IGNORECASE,
)
"""Words of a text on programs, whose names are those of functions, packages and variables."""
_CHOICES = re.compile(
    r"\b(?:one of|either|options?|choices|enum|values? (?:is|are))\b|可选值|可用值|取值|枚举", re.IGNORECASE
)
_TYPE = re.compile(
    r"(?:(?:string|str|integer|int(?:32|64)?|number|float|double|bool(?:ean)?|object|array)s?|enum|字符串|整数|整型"
    r"|浮点数?|布尔值?|布尔型|对象|数组)(?:\[\]|<.*>)?",
    re.IGNORECASE,
)
_MARK = re.compile(r"required|mandatory|optional|可选|选填|必[需填选传]|非必[需填选传]", re.IGNORECASE)
_BESIDE_TYPE = re.compile(r"[^\W\d_]{0,2}\W*|[\W\d]+|values?|fields?|parameters?|only", re.ASCII | re.IGNORECASE)
"""What may stand beside a type or a mark in one clause: articles and figures."""
_YES_OR_NO = frozenset(["是", "否", "Yes", "No"])
_MENTION = re.compile(
    r"参数|字段|属性|请求头|请求体|可选|必[填需选传]|默认|传[入递]?"
    r"|\b(?:fields?|param(?:eter)?s?|headers?|propert(?:y|ies)|attributes?|optional(?:ly)?|required|defaults?|accepts?"
    r"|sen[dt]|pass(?:ed)?|integers?|strings?|booleans?|numbers?)\b",
    re.IGNORECASE,
)
"""Words beside a name that show that it is one of a field."""
_CONDITION = re.compile(r"此时|当|如果|若|时[,，]|\b(?:if|when|while)\b", re.IGNORECASE)
"""A limit in this case alone is none of the field's."""
_FACTORS = (1000, 10**6, 10**9, 2**10, 2**20, 2**30)
_LARGE = 10_000
"""A number from which on it may be one of bytes or milliseconds, which the page has in another unit."""
_FIRST = 12
"""How many clauses of a line may be a type or a mark: those behind them are prose."""
_SHORT = 3
"""Of how many words a clause is at most that is a type with an article or a mark: `an integer`."""


@frozen
class Line:
    """A line of a page, and the name that its title is; none where it stands apart."""

    text: Text
    title: str = ""
    program: bool = False
    """Whether it stands in a block of code."""


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

    def facts(self, name: str) -> list[Mapping[str, Value]]:
        """The facts of each field of this name, perhaps of its last part alone."""
        bare = re.sub(r"\[\w*\]", "", name)
        whole = [facts for at, facts in self.stated.items() if at.endswith(f".{bare}")]
        return whole or [facts for at, facts in self.stated.items() if at.endswith(f".{bare.rpartition('.')[2]}")]

    def scalars(self, where: str) -> list[str]:
        """Every value in the facts of a place, and of those below it."""
        found = (facts for at, facts in self.stated.items() if at == where or at.startswith(f"{where}."))
        return [str(one) for facts in found for one in _flat(dict(facts))]

    @property
    def codes(self) -> frozenset[str]:
        """The values of all lists of choices, codes among them."""
        names = ("enum", "success", "status")
        return frozenset(str(one) for facts in self.stated.values() for name in names for one in _flat(facts.get(name)))


def unread_in_line(line: Line, known: Known) -> Iterator[str]:
    """What a line beside the fields states that no fact holds."""
    if not line.program or _specifies(line.text.prose):
        yield from (f"this name is not known: {name}" for name in unknown_names(line.text, known))
    if (code := _CODE.match(line.text.prose)) and code[1] not in known.codes:
        yield f"this code is not known: {code[1]}"
    for media in filter(MEDIA.fullmatch, line.text.codes):
        if media.startswith("application/") and not {*_WORD.findall(media)} <= known.words:
            yield f"this media type is not read: {media}"
    name, rest = _subject(line, known)
    unknown = _JOINED.fullmatch(name) and not {name, *_WORD.findall(name)} & known.words
    if unknown and (_specifies(rest) or not (line.program or _UPPER.fullmatch(name))):
        yield f"this name is not known: {name}"
    yield from _unread_of(name, rest, known)


def unread_in_field(where: str, text: str, known: Known) -> Iterator[str]:
    """What a text about a field states that its facts do not hold."""
    yield from (f"this name is not known: {name}" for name in unknown_names(Text(text), known))
    prose = Text(text).prose
    if (found := _SUBJECT.match(prose)) and found[1]:
        yield from _unread_of(found[1], prose[found.end() :], known)
    choices = {one for one in _flat(known.stated.get(where, {}).get("enum")) if isinstance(one, str) and one.isalpha()}
    stated = known.scalars(where)
    yield from (f"a limit is not read: {one}" for one in _limits(text, choices) if not _among(one, stated))


def unknown_names(text: Text, known: Known) -> Iterator[str]:
    """The names in a text that can only be those of fields or headers, and that the page does not know."""
    if not _MENTION.search(text.plain) and not _SUBJECT.match(text.prose):
        return
    if _PROGRAM.search(text.plain) and not _specifies(text.prose):
        return
    bare = _ADDRESS.sub(" ", re.sub("\ue000[^\ue001]*\ue001", " ", text.marked))
    for name in (*filter(_IDENTIFIER.fullmatch, text.codes), *_BARE.findall(bare)):
        if re.search("[a-z]", name) and not {name, *_WORD.findall(name)} & known.words:
            yield name


def _subject(line: Line, known: Known) -> tuple[str, str]:
    """The field that a line is about, and what it says: the name at its begin, that of its title, or the only one."""
    text = line.text.prose
    found = _SUBJECT.match(text)
    if found and _names_field(name := found[1] or found[2], known, marked=bool(found[1])):
        return name, text[found.end() :]
    names = {one for one in line.text.codes if NAME.fullmatch(one) and known.facts(one) and not _TYPE.fullmatch(one)}
    return line.title or (names.pop() if len(names) == 1 else ""), text


def _names_field(name: str, known: Known, *, marked: bool) -> bool:
    """Whether a word names a field rather than an attribute, a type, or what a sentence is about."""
    if attribute(name) is not None or _TYPE.fullmatch(name):
        return False
    return marked or not name.istitle() or bool(_IDENTIFIER.fullmatch(name) or known.facts(name))


def _unread_of(name: str, text: str, known: Known) -> Iterator[str]:
    words = [*_words(text, short=bool(name))][:_FIRST]
    types = [found.name for one in words if _TYPE.fullmatch(one) and (found := type_of(one.removesuffix("s")))]
    stated = known.facts(name) if name else []
    if types and not any(_holds(facts, "type", types) for facts in stated):
        yield f"a type of {name or 'no field'} is not read: {types[0]}"
    marks = list(_marks(words))
    if not name:  # a name may stand anywhere in the row of a table
        stated = [*chain.from_iterable(map(known.facts, filter(NAME.fullmatch, words)))]
    if marks and stated and not any(_holds(facts, "required", marks) for facts in stated):
        yield f"whether {name or 'a field'} is required is not read"
    if name and stated:
        values = [*chain.from_iterable(map(str, _flat(dict(facts))) for facts in stated)]
        yield from (
            f"a limit of {name} is not read: {one}" for one in _limits(text, of_files=False) if not _among(one, values)
        )
        for one in Text(sentences.plainly(text)).codes:
            bare = unquoted(one)
            if _VALUE.fullmatch(bare) and bare not in known.codes and bare not in values:
                yield f"a value of {name} is not read: {bare}"


def _words(text: str, *, short: bool) -> Iterator[str]:
    """The clauses of a text without what marks them; word by word where they are short."""
    for one in _CLAUSE.split(text):
        clause = one.strip(f"{_MARKS}*`\"' ")
        words = re.sub(rf"[{_MARKS}*]", " ", clause).split()
        apart = short and len(words) <= _SHORT and all(map(_specifying, words))
        yield from words if apart else [clause] if clause else []


def _specifying(word: str) -> bool:
    """Whether a word says what a field is rather than what something is about: a type, a mark, a label, a figure."""
    known = type_of(word) or _TYPE.fullmatch(word) or attribute(word) or _BESIDE_TYPE.fullmatch(word)
    return bool(known) or yes(word) is not None


def _specifies(text: str) -> bool:
    """Whether a text gives a type, a mark, a limit or choices."""
    words = [*_words(_COLUMN.sub(", ", text), short=True)]
    return any(map(_TYPE.fullmatch, words)) or bool([*_marks(words)] or [*_limits(text)] or _CHOICES.search(text))


def _marks(words: list[str]) -> Iterator[bool]:
    """Whether words call a field required: under a label, or by themselves."""
    for at, word in enumerate(words):
        label = attribute(word)
        if word in _YES_OR_NO and at and attribute(words[at - 1]) is None:
            yield yes(word) is True
        if label not in {"required", "optional"}:
            continue
        after = yes(words[at + 1]) if at + 1 < len(words) else None
        if after is not None:
            yield after == (label == "required")
        elif _MARK.fullmatch(word) and (alone := yes(word)) is not None:
            yield alone


def _limits(text: str, choices: AbstractSet[str] = frozenset(), *, of_files: bool = True) -> Iterator[float]:
    """The limits that a text states in any case, and not of one of the choices alone."""
    for sentence in _SENTENCE.split(sentences.unadvised(sentences.plainly(text)).lstrip(" :>")):
        if not _CONDITION.search(sentence) and not choices & {*_WORD.findall(sentence)}:
            yield from figures(sentence, of_files=of_files)


def _holds(facts: Mapping[str, Value], name: str, values: list[Value]) -> bool:
    return "stated_by" not in facts and name in facts and any(one in values for one in values_of(facts[name]))


def _flat(value: Value) -> Iterator[Value]:
    """Every scalar of a value."""
    if isinstance(value, dict):
        value = list(mapping(value).values())
    if isinstance(value, list):
        yield from chain.from_iterable(map(_flat, listed(value)))
    else:
        yield value


def _among(figure: float, stated: Iterable[str]) -> bool:
    """Whether a figure is among those of the facts, perhaps in another unit, or one beyond an exclusive limit."""
    numbers = [float(one) for text in stated for one in re.findall(r"(?<!\w)-?\d+(?:\.\d+)?", text)]
    large = {one for one in numbers if one >= _LARGE}
    return any(abs(figure - one) <= 1 for one in numbers) or any(figure * factor in large for factor in _FACTORS)
