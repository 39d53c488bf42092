"""Write docs/errors.md: the error that each code of a vendor becomes, and what may be done about it."""

from collections.abc import Mapping
from pathlib import Path

from klingkit.providers._adapter import Adapter
from klingkit.providers._codes import Code, Meaning
from klingkit.providers._failures import KIE, OFFICIAL, PHRASES
from klingkit.providers.kie import Kie
from klingkit.providers.native import Native
from klingkit.providers.relay import Relay
from scripts.models import line
from scripts.specs.files import ROOT

PAGE = ROOT / "docs" / "errors.md"
TITLE = """\
# Codes and errors

Written by `python -m scripts.errors` from the tables in `wrapper/klingkit/providers/`; never edited by hand. A code is
the one in the body, or the HTTP status where the body has none. "Nothing created" holds where the HTTP status does not
say otherwise: where the two disagree, a submission is uncertain.

| may be done | means |
|---|---|
| pay | nothing was created; the request may go through now or later, and klingkit itself repeats `RateLimited` alone |
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
FAILED = """\
## Failed tasks

`Failure.retryable` is whether the same request may succeed when paid for again, by the code of the failed task and by
whole phrases in its reason. Where neither is known, or the two contradict each other, it is None.
"""
HEAD = ("code", "error", "nothing created", "may be done", "in a query")
FAILURES = {"kie": KIE, "native, relay": OFFICIAL}
VERDICTS = {True: "may help", False: "would fail again", None: "unknown"}
APIS: tuple[type[Adapter], ...] = (Kie, Native, Relay)


def page() -> str:
    """Return the text of the page."""
    return "\n".join([TITLE, *map(section, APIS), FAILED, failures()])


def failures() -> str:
    """Return the table of the codes and phrases of failed tasks: whether paying again may help."""
    codes = [(api, verdict, code) for api, table in FAILURES.items() for code, verdict in table.items()]
    rows = [(api, f"`{code}`", VERDICTS[verdict]) for api, verdict, code in codes]
    rows += [("all", phrase, VERDICTS[verdict]) for phrase, verdict in PHRASES.items()]
    head = ("API", "code or words", "paying again")
    return "\n".join([line(head), line("-" * 3 for _ in head), *map(line, rows), ""])


def section(api: type[Adapter]) -> str:
    """Return the heading and table of an API."""
    rows = [row(code, meaning, api.query_codes) for code, meaning in api.codes.items()]
    return "\n".join([f"## {api.name}", "", line(HEAD), line("-" * 3 for _ in HEAD), *map(line, rows), ""])


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


def main(target: Path = PAGE) -> None:
    """Write the page."""
    target.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
