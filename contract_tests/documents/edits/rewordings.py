"""All rewordings: edits that change the text of a page and none of its facts."""

from collections.abc import Iterator
from functools import cache
from random import Random

from contract_tests.documents.edits.layout import LAYOUT
from contract_tests.documents.edits.markdown import BYTES, MARKDOWN
from contract_tests.documents.edits.samples import SAMPLES
from contract_tests.documents.edits.shapes import SHAPES
from contract_tests.documents.edits.wording import WORDING, Rewording

REWORDINGS: dict[str, Rewording] = (
    {rewording.__name__: rewording for rewording in LAYOUT}
    | SAMPLES
    | {rewording.__name__: rewording for rewording in SHAPES}
    | WORDING
    | MARKDOWN
    | BYTES
)
"""Name -> rewording, in an order in which each can read the text that those before it wrote."""


def applied(text: str, name: str) -> str:
    """Apply the rewording of this name to a text, with the same result at every run."""
    return REWORDINGS[name](text, Random(name))  # noqa: S311 - the same at every run, not secret


@cache
def rewordings_that_change(text: str) -> tuple[str, ...]:
    """The names of the rewordings that change this text."""
    return tuple(name for name in REWORDINGS if applied(text, name) != text)


def batches(text: str, size: int) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield names and text of several rewordings at once, until each that changes the text was applied."""
    waiting = rewordings_that_change(text)
    while waiting:
        written, batch = text, []
        for name in waiting[:: max(1, len(waiting) // size)]:
            after = applied(written, name)
            batch += [name] if after != written else []
            written = after
        yield tuple(batch), written
        waiting = tuple(name for name in waiting if name not in batch)
