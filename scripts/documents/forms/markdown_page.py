"""A Markdown page, of tables or bullets or both -> facts."""

import re
from collections.abc import Iterable

from scripts.documents.facts import Facts, Unreadable
from scripts.documents.fields.samples import compare_samples, read_shown_fields
from scripts.documents.fields.statements import read_field
from scripts.documents.markdown import tables
from scripts.documents.markdown.blocks import Block, Bullets, Fence, Table, blocks, lost_in_code, texts
from scripts.documents.markdown.outline import Content, Group, Passage, current, outline
from scripts.documents.operations.authentication import read_authentication, read_headers
from scripts.documents.operations.callbacks import read_callback
from scripts.documents.operations.calls import OTHER, addresses_without_method, calls, read_calls
from scripts.documents.operations.codes import read_codes, read_states
from scripts.documents.operations.leftovers import lines_beside, samples_in, skip_leftovers
from scripts.documents.operations.models import mention_models, read_mentioned_models, read_models
from scripts.documents.operations.notes import read_notes, subject
from scripts.documents.operations.page import Page
from scripts.documents.operations.parameters import read_parameters
from scripts.documents.operations.placement import placed_fields, samples_of
from scripts.documents.operations.polling import read_polling
from scripts.documents.operations.roles import OperationIndex


def read_markdown(text: str) -> tuple[str, Facts]:
    """The form of a page, kie or tables, and its facts."""
    found = blocks(text)
    if found and isinstance(found[-1], Fence) and not found[-1].content.strip():
        found, text = found[:-1], text.rstrip().rpartition("\n")[0]  # a stray mark on the last line
    if any(isinstance(fence, Fence) and not fence.closed for fence in found):
        raise Unreadable("page", "a block of code has no end: the page is cut off")
    if found and not isinstance(found[-1], Fence) and _is_cut_off(text):
        raise Unreadable("page", "its last line has no end: the page is cut off")
    page = _page(tuple(current(outline(found))))
    if not page.fields:
        raise Unreadable("fields", "no field of a request or a response is described")
    _read_page(page)
    mention_models(page.facts, texts(found))
    bullets = any(isinstance(passage.content, Group) for passage in page.passages)
    return "kie" if bullets else "tables", page.facts


def _is_cut_off(text: str) -> bool:
    """Whether the last line ends within code, bold text, or a row of a table."""
    last = text.rstrip().rpartition("\n")[2].strip()
    row = last.startswith("|") and not last.endswith("|") and re.search(r"\|[ \t]*\n", text) is not None
    return row or last.count("`") % 2 == 1 or last.count("**") % 2 == 1


def _page(passages: tuple[Passage, ...]) -> Page:
    made = calls(passages)
    if not made:
        raise Unreadable("operation", "no method with an address is named")
    operations = OperationIndex.of(made)
    samples = list(samples_of(passages, made, operations))
    return Page(passages, made, operations, samples, list(placed_fields(passages, operations, samples)))


def _read_page(page: Page) -> None:
    """Read everything, in an order in which each reader finds the facts that it builds on."""
    facts = page.facts
    read_calls(facts, page.calls)
    read_parameters(page)
    rest = [passage for passage in page.passages if not _reports(facts, passage.content)]
    for address in addresses_without_method(page.passages, page.calls):
        facts.skip("operation", f"no method is named for {address}")
    for one in page.fields:
        read_field(facts, one.where, one.field, page.names)
    for one in page.fields:
        _read_parents(facts, one.where)
    for reader in (
        read_authentication,
        read_headers,
        read_models,
        read_notes,
        read_mentioned_models,
        read_codes,
        read_callback,
        read_polling,
    ):
        reader(page)
    read_shown_fields(facts, page.samples)
    read_states(page)
    compare_samples(facts, page.samples)
    facts.drop(OTHER)
    lines = lines_beside(passage for passage in rest if not _is_read(page, passage))
    skip_leftovers(facts, lines, samples_in(passage.content for passage in page.passages))


def _is_read(page: Page, passage: Passage) -> bool:
    """Whether a passage describes fields, or is a table that is read as a whole."""
    if any(passage.index == one.passage.index for one in page.fields):
        return True
    if not isinstance(table := passage.content, Table):
        return False
    values = any(read(table) for read in (tables.codes, tables.models, tables.states))
    return values or (tables.attributes(table) is not None and subject(page, passage) is not None)


def _reports(facts: Facts, content: Content) -> bool:
    """Note what of a passage cannot be read; whether there was anything."""
    before = len(facts.unread)
    _skip_unread(facts, content)
    return len(facts.unread) > before


def _skip_unread(facts: Facts, content: Content) -> None:
    """Note the rows, columns, titles and blocks of a passage that cannot be read."""
    match content:
        case Table():
            for row in tables.unread(content):
                facts.skip("table", f"this row cannot be read as others are: {row}")
            for title in tables.unknown_columns(content):
                facts.skip("table", f"this title of a column is not known: {title}")
        case Group():
            for title in content.odd:
                facts.skip("fields", f"this names no field, though it stands where one is described: {title}")
            for one in content.fields:
                _skip_nested(facts, [block for statement in one.statements for block in statement.below])
        case Bullets():
            _skip_nested(facts, [content])
        case Fence():
            for line in lost_in_code(content):
                facts.skip("code", f"a block of code holds what belongs outside: {line}")
        case _:
            pass


def _skip_nested(facts: Facts, found: Iterable[Block]) -> None:
    """Note tables within lists, and in code there."""
    for block in found:
        if isinstance(block, Bullets):
            _skip_nested(facts, (inner for item in block.items for inner in item.below))
        elif isinstance(block, Table) and block.header:
            facts.skip("table", f"it stands within a list: {' | '.join(cell.plain for cell in block.header)}")
        elif isinstance(block, Fence | Table):
            _skip_unread(facts, block)


def _read_parents(facts: Facts, where: str) -> None:
    """Add that the part before a dot is an object, where nothing else is known of it."""
    *parents, _ = where.split(".")
    while len(parents) > 1 and parents[-1] not in {"request", "response", "headers"}:
        if "type" not in facts.at(".".join(parents)):
            facts.add(".".join(parents), "type", "object")
        parents.pop()
