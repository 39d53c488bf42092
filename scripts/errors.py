"""Write docs/errors.md, the error that each code of a vendor becomes, and the tree of docs/handling-errors.md."""

import inspect
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import klingkit
from klingkit import KlingkitError
from klingkit.providers._adapter import Adapter
from klingkit.providers._codes import Code, Meaning
from klingkit.providers._failures import CONTENT, PHRASES, Verdict
from klingkit.providers._registry import ADAPTERS
from klingkit.providers._rejections import SOURCES
from scripts.models import line
from scripts.specs.files import ROOT

PAGE = ROOT / "docs" / "errors.md"
HANDLING = ROOT / "docs" / "handling-errors.md"
TREE = re.compile("(<!-- tree: begin .*? -->\n).*?(<!-- tree: end -->)", re.DOTALL)
TITLE = """\
# Codes and errors

Written by `python -m scripts.errors` from the tables in `wrapper/klingkit/providers/`; never edited by hand. A code is
the one in the body, or the HTTP status where the body has none. "Nothing created" holds where the HTTP status does not
say otherwise: where the two disagree, a submission is uncertain. Under a status of 500 or more the body itself must
state the same code. What a program does with each class of error: [handling-errors.md](handling-errors.md).

| may be done | means |
|---|---|
| pay | nothing was created; the request may go through later; klingkit itself repeats `RateLimited`, `SlotsFull` |
| ask | another query may help; a submission is never sent again by itself |
| never | neither would help |

Every error is a `KlingkitError`. An `InvalidRequest` that klingkit itself raises has the argument or field in `field`,
what it must be in `limit`, and what it was in `value`; one that an API responds with has its `code` instead. A text
names the host, the proxy, or the URL that was not found, and how far the clock is off where a token was refused for it.

Before sending, typed requests are also refused for what no service can use, whatever its document states: a blank text
where one is required, and addresses that are no http or https URL, or private ones towards a service that is not. The
same holds for `callback_url`. A `Job` and `extra` are sent unchecked.

A submission whose code does not prove that nothing was created raises `SubmissionUncertain`; it carries the code. Any
code that is not listed is a `ServerError` with `ask`.

An unreadable response means what its HTTP status means here; under a 5xx that is not listed it is a `ServerError`,
under any other a `MalformedResponse`. In a query, an unreadable response with 403 or 5xx is taken for a gateway's, and
the query may be sent again. A submission with an unreadable response, under a status that proves nothing, raises
`UnreadableSubmission`.
"""
WORDS = """\
## Rejections in words

Relays reject with words of their own, or with those of the services behind them: as the code, or in an `error`. A
submission that is rejected in one of these words created nothing. Under a status from 500 to 503 only the words of
new-api itself and `insufficient_quota` count, from 504 on none. A word after which the request may be sent again counts
under a status that rejects, or in an HTTP 200 whose body states no success. In a query they count under 4xx.
"""
REFUSED = """\
## Refused content

A rejected submission is `ContentRefused` if its code means `InvalidRequest` and its message has one of these words; a
failed task has `Failure.content_refused` then, whatever its code, and a wait raises `TaskRefused`. A submission whose
code says only that something went wrong, as 500 does, stays uncertain: a task may have been created first. Beside a
phrase that means a temporary fault (below: "may help") none of them counts, beside others of a fault only verdicts.
"""
FAILED = """\
## Failed tasks

`Failure.retryable` is whether the same request may succeed when paid for again, by the code of the failed task and by
whole phrases in its reason. Where neither is known, or the two contradict each other, it is None; refused content would
fail again, whatever the code.
"""
HEAD = ("code", "error", "nothing created", "may be done", "in a query")
VERDICTS = {True: "may help", False: "would fail again", None: "unknown"}


def page() -> str:
    """Return the text of the page."""
    return "\n".join(
        [TITLE, *map(section, ADAPTERS.values()), WORDS, rejections(), REFUSED, content(), FAILED, failures()]
    )


def rejections() -> str:
    """Return the table of the words of rejections, by who uses them."""
    rows = [
        (f"`{word}`", f"`{meaning.error.__name__}`", meaning.again, source)
        for source, words in SOURCES.items()
        for word, meaning in words.items()
    ]
    return table(("word", "error", "may be done", "whose word"), rows)


def content() -> str:
    """Return the table of words about content."""
    return table(("words", "a verdict"), [(each.words, "yes" if each.verdict else "") for each in CONTENT])


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """Return a table, and an empty line after it."""
    return "\n".join([line(head), line("-" * 3 for _ in head), *map(line, rows), ""])


def failures() -> str:
    """Return the table of the codes and phrases of failed tasks: whether paying again may help."""
    codes = [(apis, verdict, code) for apis, codes in _failures() for code, verdict in codes.items()]
    rows = [(api, f"`{code}`", VERDICTS[verdict]) for api, verdict, code in codes]
    rows += [("all", phrase, VERDICTS[verdict]) for phrase, verdict in PHRASES.items()]
    return table(("API", "code or words", "paying again"), rows)


def _failures() -> Iterator[tuple[str, Mapping[Code, Verdict]]]:
    """Yield each table of the codes of failed tasks, with the names of the APIs that share it."""
    tables = {id(adapter.failures): adapter.failures for adapter in ADAPTERS.values()}
    for key, table in tables.items():
        yield ", ".join(api for api, adapter in ADAPTERS.items() if id(adapter.failures) == key), table


def section(api: type[Adapter]) -> str:
    """Return the heading and table of an API."""
    rows = [row(code, meaning, api.query_codes) for code, meaning in api.codes.items()]
    return "\n".join([f"## {api.name}", "", table(HEAD, rows)])


def row(code: Code, meaning: Meaning, in_query: Mapping[Code, Meaning]) -> tuple[str, ...]:
    """Return the row of a code; its last cell is filled if the code means another error in the response to a query."""
    other = in_query[code].error
    return (
        f"`{code}`",
        f"`{meaning.error.__name__}`",
        "yes" if meaning.nothing_created else "not sure",
        meaning.again,
        "" if other is meaning.error else f"`{other.__name__}`",
    )


def tree(error: type[KlingkitError] = KlingkitError, indent: str = "") -> Iterator[str]:
    """Yield a line for each public error below a class, and the class itself, with the first line of its docstring."""
    others = [f"`{base.__name__}`" for base in error.__bases__[1:]]
    also = f" (a {' and a '.join(others)} too)" if others else ""
    yield f"{indent}- `{error.__name__}`{also}: {inspect.getdoc(error)}".splitlines()[0]
    for child in error.__subclasses__():
        if child.__name__ in klingkit.__all__ and child.__bases__[0] is error:
            yield from tree(child, f"{indent}  ")


def handling() -> str:
    """Return the text of the page on handling errors, with the tree as it is."""
    lines = "".join(f"{each}\n" for each in tree())
    return TREE.sub(lambda found: f"{found[1]}{lines}{found[2]}", HANDLING.read_text("utf-8"))


def main(target: Path = PAGE) -> None:
    """Write the pages."""
    target.write_text(page(), encoding="utf-8")
    HANDLING.write_text(handling(), encoding="utf-8")


if __name__ == "__main__":
    main()
