"""What a command writes: results to stdout, as text or as JSON; messages to stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from contextlib import suppress
from io import StringIO
from pathlib import Path
from typing import Any, Final, TextIO

import click

__all__ = ["INTERRUPTED", "Output", "json_option", "output_of"]

INTERRUPTED: Final = 130

TASKS: Final = Path("klingkit-tasks.txt")
"""Takes the reference of a paid task, in the working folder, where neither stderr nor stdout does."""


class Output:
    """The streams of one command, and the task that it is about."""

    def __init__(self) -> None:
        self.json = False
        self.lost = False
        """Whether stdout has failed."""
        self.ref: str | None = None
        """The task, as soon as it is known."""

    def result(self, text: str, record: Mapping[str, Any]) -> None:
        """Write one result: a text, or with `--json` an object on a line; where stdout fails, to stderr."""
        line = json.dumps(record, ensure_ascii=False) if self.json else text
        if not self.lost and write(sys.stdout, f"{line}\n"):
            return
        self.lost = True
        sys.stdout = StringIO()  # else what it still holds is written again, and fails again, at the end
        self.note(f"stdout cannot be written; the result: {line}")

    def note(self, text: str) -> bool:
        """Write a message, and return whether it was written. It must not fail: a paid task may be under way."""
        return write(sys.stderr, f"{text}\n")

    def paid(self, ref: object) -> None:
        """Write the reference of a paid task at once, before anything else may fail: where stderr fails, elsewhere."""
        self.ref = str(ref)
        line = json.dumps({"ref": self.ref}) if self.json else self.ref
        if not self.note(f"task: {ref}") and not write(sys.stdout, f"{line}\n"):
            with suppress(OSError), TASKS.open("a", encoding="utf-8") as file:
                file.write(f"{ref}\n")

    def interrupted(self) -> int:
        """Report Ctrl-C, and that the task goes on."""
        text = "interrupted" if self.ref is None else f"interrupted; {goes_on(self.ref)}"
        self.note(text)
        self.failed("KeyboardInterrupt", text, INTERRUPTED)
        return INTERRUPTED

    def failed(self, kind: str, message: str, status: int) -> None:
        """Write the object of an error that is none of klingkit's, with `--json`; its message is on stderr already."""
        if self.json:
            self.result("", {"ref": self.ref, "error": {"type": kind, "message": message}, "exit_code": status})


def goes_on(ref: str) -> str:
    """Return how to come back to a task that has not ended."""
    return f"the task goes on: klingkit wait {ref}"


def write(stream: TextIO | None, text: str) -> bool:
    """Write and flush, and return whether that worked; a stream that is closed or missing is no reason to end."""
    if stream is None:  # as with `2>&-`
        return False
    encoding = stream.encoding or "utf-8"
    try:
        stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
        stream.flush()
    except (OSError, ValueError):
        return False
    return True


def output_of(ctx: click.Context) -> Output:
    """Return the output of the running command."""
    return ctx.ensure_object(Output)


def _as_json(ctx: click.Context, _: click.Parameter, value: bool) -> None:  # noqa: FBT001 - click's signature
    output_of(ctx).json = value


json_option = click.option(
    "--json",
    is_flag=True,
    is_eager=True,  # so that it is known when another option is wrong
    expose_value=False,
    callback=_as_json,
    help="Write JSON: one object for each result.",
)
