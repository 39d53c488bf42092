"""A Markdown page, of tables or bullets or both -> facts."""

import re

from scripts.documents.facts import Facts, Unreadable
from scripts.documents.fields.samples import compare_samples, show_samples
from scripts.documents.fields.statements import tell_field
from scripts.documents.markdown.blocks import Fence, blocks
from scripts.documents.markdown.outline import Group, Piece, outline
from scripts.documents.operations.authentication import tell_keys
from scripts.documents.operations.callbacks import tell_callback
from scripts.documents.operations.calls import calls, tell_calls
from scripts.documents.operations.codes import tell_codes, tell_states
from scripts.documents.operations.models import tell_mentioned_models, tell_models
from scripts.documents.operations.notes import tell_notes
from scripts.documents.operations.page import Page
from scripts.documents.operations.parameters import tell_parameters
from scripts.documents.operations.placement import placed, samples_of
from scripts.documents.operations.polling import tell_polling
from scripts.documents.operations.roles import Scopes


def read_markdown(text: str) -> tuple[str, Facts]:
    """The form of a page, kie or tables, and its facts."""
    found = blocks(text)
    if any(isinstance(fence, Fence) and not fence.closed for fence in found):
        raise Unreadable("page", "a block of code has no end: the page is cut off")
    if found and not isinstance(found[-1], Fence) and _cut(text):
        raise Unreadable("page", "its last line has no end: the page is cut off")
    page = _page(outline(found))
    if not page.fields:
        raise Unreadable("fields", "no field of a request or an answer is described")
    _tell(page)
    bullets = any(isinstance(piece.content, Group) for piece in page.pieces)
    return "kie" if bullets else "tables", page.facts


def _cut(text: str) -> bool:
    """Whether the last line ends within code, bold text, or a row of a table."""
    last = text.rstrip().rpartition("\n")[2].strip()
    row = last.startswith("|") and not last.endswith("|") and re.search(r"\|[ \t]*\n", text) is not None
    return row or last.count("`") % 2 == 1 or last.count("**") % 2 == 1


def _page(pieces: tuple[Piece, ...]) -> Page:
    made = calls(pieces)
    if not made:
        raise Unreadable("operation", "no method with an address is named")
    scopes = Scopes.of(made)
    samples = list(samples_of(pieces, made, scopes))
    return Page(pieces, made, scopes, samples, list(placed(pieces, scopes, samples)))


def _tell(page: Page) -> None:
    """Tell everything, in an order in which each teller finds what it builds on."""
    facts = page.facts
    tell_calls(facts, page.calls)
    tell_parameters(page)
    for one in page.fields:
        tell_field(facts, one.where, one.field, page.names)
    for one in page.fields:
        _tell_parents(facts, one.where)
    for teller in (tell_keys, tell_models, tell_notes, tell_mentioned_models, tell_codes, tell_callback, tell_polling):
        teller(page)
    show_samples(facts, page.samples)
    tell_states(page)
    compare_samples(facts, page.samples)


def _tell_parents(facts: Facts, where: str) -> None:
    """Tell that what is before a dot is an object, where nothing else is told of it."""
    *parents, _ = where.split(".")
    while len(parents) > 1 and parents[-1] not in {"request", "response", "headers"}:
        if "type" not in facts.at(".".join(parents)):
            facts.tell(".".join(parents), "type", "object")
        parents.pop()
