"""Report what changed in vendor documents since their facts were committed, and where the specs disagree."""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from attrs import frozen

from scripts.documents import Document, Unreadable, read
from scripts.documents.facts import MODEL
from scripts.facts.report import Report, as_json, report
from scripts.facts.sheets import FOLDER, Sheet, accept, sheets
from scripts.facts.subjects import match
from scripts.facts.tables import show
from scripts.facts.waivers import entries_of, unwaived_problems
from scripts.specs.files import apis, load

SAME, DRIFT, UNREADABLE = range(3)


@frozen
class Failure:
    """A path that could not be read."""

    path: Path
    reason: Unreadable


def main(arguments: list[str] | None = None) -> int:
    """Report on the documents, or accept them; exit with 0 (nothing changed), 1 (drift) or 2 (unreadable)."""
    options = _parser().parse_args(arguments)
    pages = [_read(path) for path in options.paths]
    for path, page in zip(options.paths, pages, strict=True):
        for reason in [page.reason] if isinstance(page, Failure) else page.unread:
            print(f"{path}: unreadable: {reason}", file=sys.stderr)
    if options.accept:
        return max(_accept(page, options.facts) for page in pages)
    found = [page if isinstance(page, Failure) else report(page, sheets(options.facts)) for page in pages]
    if options.json:
        rows = [_as_json(result) for result in found]
        print(json.dumps(rows[0] if len(rows) == 1 else rows, ensure_ascii=False, indent=1))
    else:
        for result in found:
            if isinstance(result, Report):
                show(result)
    return max(map(_status, found))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="drift", description=__doc__)
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="a vendor's document")
    shape = parser.add_mutually_exclusive_group()
    shape.add_argument("--json", action="store_true", help="an object for one path, a list of them for several")
    shape.add_argument("--accept", action="store_true", help="write the facts files anew instead; exits with 0 if done")
    parser.add_argument("--facts", type=Path, default=FOLDER, metavar="FOLDER", help="where the facts files are")
    return parser


def _read(path: Path) -> Document | Failure:
    try:
        return read(path)
    except Unreadable as reason:
        return Failure(path, reason)
    except OSError as error:
        return Failure(path, Unreadable("file", error.strerror or str(error)))
    except UnicodeDecodeError as error:
        return Failure(path, Unreadable("text", f"not UTF-8 at byte {error.start}"))


def _accept(page: Document | Failure, folder: Path) -> int:
    if isinstance(page, Failure) or page.unread:
        return UNREADABLE
    found = match(page, sheets(folder))
    own = found.sheet and found.sheet.operations.keys() <= {*found.prefixes}
    if why := _rejection_reason(page, found.sheet if own else None):
        print(f"{page.name}: not accepted: {why}", file=sys.stderr)
        return UNREADABLE
    path = accept(page, found.sheet if own else None, folder)
    print(f"{path}: {page.count} facts")
    committed = sheets(folder)
    for sentence in _remaining_work(next(sheet for sheet in committed if sheet.path == path), committed):
        print(f"  {sentence}")
    return SAME


def _rejection_reason(page: Document, sheet: Sheet | None) -> str | None:
    """Why the facts of a page are not written: they are about a model that it does not name."""
    if sheet and sheet.models and not {*sheet.models} & {*page.models}:
        return f"it names none of {sheet.subject}, the subject of {sheet.path}"
    fields = [place for place in page.facts if MODEL.fullmatch(place.removeprefix("request."))]
    return f"it names no model for {fields[0]}" if fields and not page.models else None


def _remaining_work(sheet: Sheet, committed: list[Sheet]) -> Iterator[str]:
    if sheet.api not in apis():
        yield "no spec describes this API"
    elif entries := entries_of(load(sheet.api), sheet, committed):
        yield from unwaived_problems(sheet, entries)
    else:
        yield f"to be named under x-documents in openapi/{sheet.api}.yaml"


def _as_json(result: Report | Failure) -> dict[str, Any]:
    if isinstance(result, Report):
        return as_json(result)
    return {"document": result.path.stem, "unreadable": {"part": result.reason.part, "why": result.reason.why}}


def _status(result: Report | Failure) -> int:
    if isinstance(result, Failure) or result.document.unread:
        return UNREADABLE
    return DRIFT if result.changes or result.sheet is None else SAME


if __name__ == "__main__":
    sys.exit(main())
