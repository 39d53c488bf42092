"""Write docs/errors.md: what each vendor's code means, as which error, and what may be done about it."""

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
| ask | asking again may help; a submission is never sent again by itself |
| never | neither would help |

A submission whose code does not prove that nothing was created raises `SubmissionUncertain`; it carries the code. Any
code that is not listed is a `ServerError` that may be asked about again.

An answer that cannot be read means what its HTTP status means here; under a 5xx that is not listed it is a
`ServerError`, under any other a `MalformedResponse`. When asking, 403 and 5xx are a gateway's then, and may be asked
about again. A submission answered so under a status that proves nothing is an `UnreadableSubmission`.
"""
FAILED = """\
## Failed tasks

`Failure.retryable` tells whether the same request may succeed when paid for again, by the code of the failed task and
by words in its reason, whole phrases alone. Where neither is known, or one says yes and the other no, it is None.
"""
HEAD = ("code", "error", "nothing created", "may be done", "when asking")
FAILURES = {"kie": KIE, "native, relay": OFFICIAL}
SAYS = {True: "may help", False: "would fail again", None: "nobody says"}
APIS: tuple[type[Adapter], ...] = (Kie, Native, Relay)


def page() -> str:
    """The whole page."""
    return "\n".join([TITLE, *map(section, APIS), FAILED, failures()])


def failures() -> str:
    """What the codes and words of failed tasks say of paying again."""
    codes = [(api, verdict, code) for api, table in FAILURES.items() for code, verdict in table.items()]
    said = [(api, f"`{code}`", SAYS[verdict]) for api, verdict, code in codes]
    said += [("all", phrase, SAYS[verdict]) for phrase, verdict in PHRASES.items()]
    head = ("API", "code or words", "paying again")
    return "\n".join([line(head), line("-" * 3 for _ in head), *map(line, said), ""])


def section(api: type[Adapter]) -> str:
    """One API's heading and table."""
    rows = [row(code, meaning, api.query_codes) for code, meaning in api.codes.items()]
    return "\n".join([f"## {api.name}", "", line(HEAD), line("-" * 3 for _ in HEAD), *map(line, rows), ""])


def row(code: Code, meaning: Meaning, asking: Mapping[Code, Meaning]) -> tuple[str, ...]:
    """A code and what it means; the last cell where it means something else in the answer to a query."""
    other = asking[code].error
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
