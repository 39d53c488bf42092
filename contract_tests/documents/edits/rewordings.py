"""All rewordings: edits that change the text of a page and none of its facts."""

from collections.abc import Iterator
from functools import cache
from random import Random

from contract_tests.documents.edits.layout import LAYOUT
from contract_tests.documents.edits.markdown import BYTES, MARKDOWN
from contract_tests.documents.edits.samples import SAMPLES
from contract_tests.documents.edits.shapes import SHAPES
from contract_tests.documents.edits.wording import WORDING, Form

FORMS: dict[str, Form] = (
    {form.__name__: form for form in LAYOUT}
    | SAMPLES
    | {form.__name__: form for form in SHAPES}
    | WORDING
    | MARKDOWN
    | BYTES
)
"""By name, in an order in which each can read what those before it wrote."""


def applied(text: str, name: str) -> str:
    """The text in that form, the same at every run."""
    return FORMS[name](text, Random(name))  # noqa: S311 - the same at every run, not secret


@cache
def changing(text: str) -> tuple[str, ...]:
    """The forms that change this text."""
    return tuple(name for name in FORMS if applied(text, name) != text)


def batches(text: str, size: int) -> Iterator[tuple[tuple[str, ...], str]]:
    """The text in several forms at once, over and over, until each form that changes it had its turn."""
    waiting = changing(text)
    while waiting:
        written, batch = text, []
        for name in waiting[:: max(1, len(waiting) // size)]:
            after = applied(written, name)
            batch += [name] if after != written else []
            written = after
        yield tuple(batch), written
        waiting = tuple(name for name in waiting if name not in batch)
