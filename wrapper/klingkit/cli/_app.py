"""The group of commands. A command's module is imported when the command is used: `--help` needs click alone."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import suppress
from importlib import import_module
from io import StringIO
from typing import Any, Final

import click
from click.shell_completion import CompletionItem

from klingkit.cli._output import Output

__all__ = ["app"]

COMMANDS: Final[Mapping[str, tuple[str, str]]] = {
    "generate": ("_generate", "Make a video: submit, wait, download."),
    "status": ("_tasks", "Query tasks once."),
    "wait": ("_tasks", "Wait until tasks have ended."),
    "watch": ("_tasks", "Show each change of a task until it has ended."),
    "download": ("_tasks", "Download a finished video."),
    "batch": ("_batch", "Make many videos, each paid for once, whatever happens."),
    "list": ("_batch", "List the tasks that this machine has paid for."),
    "models": ("_models", "List the models, or the options of one."),
    "credits": ("_credits", "Show the credits that the account has left."),
    "emulator": ("_emulator", "Serve the emulator of the APIs: free, without keys."),
    "callback": ("_callback", "Verify callbacks, or receive and forward them."),
    "doctor": ("_doctor", "Check keys, hosts and the clock, free of charge."),
    "completion": ("_completion", "Print the completion script of a shell."),
}
"""Command -> its module, and one line of help."""


class Commands(click.Group):
    """The commands of the table; what they raise becomes a message and an exit status."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """Import a command."""
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"klingkit.cli.{COMMANDS[cmd_name][0]}")
        command: click.Command = getattr(module, f"{cmd_name}_" if cmd_name == "list" else cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete the names of commands without importing them."""
        named = [CompletionItem(name, help=text) for name, (_, text) in COMMANDS.items() if name.startswith(incomplete)]
        return [*named, *click.Command.shell_complete(self, ctx, incomplete)]

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command, and exit with its status; with 1 if its result could not be written."""
        output = ctx.ensure_object(Output)
        status = self._run(ctx, output)
        return ctx.exit(status or (1 if output.lost else 0))

    def _run(self, ctx: click.Context, output: Output) -> int:
        """Run the command; report its error, or the interruption, and return the status of it."""
        try:
            super().invoke(ctx)
        except (KeyboardInterrupt, click.Abort):
            return output.interrupted()
        except click.exceptions.Exit as end:
            return end.exit_code
        except click.ClickException as error:
            with suppress(OSError, ValueError):  # stderr may be closed, or its disk full
                error.show(sys.stderr or StringIO())
            output.failed(type(error).__name__, error.format_message(), error.exit_code)
            return error.exit_code
        except Exception as error:
            from klingkit.cli._errors import report  # noqa: PLC0415 - loads the errors of klingkit

            status = report(error, output)
            if status is None:
                raise
            return status
        return 0


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="klingkit", message="%(version)s")
def app() -> None:
    """Make videos with Kling, from a terminal.

    Results go to stdout, progress and messages to stderr.

    Keys: KIE_API_KEY, KLING_API_KEY, KLING_RELAY_API_KEY.

    Exit status: 0 ok, 1 failed, 2 usage, 3 key, 4 credit or rate, 5 timeout (the task goes on), 6 uncertain (a task may
    exist), 130 Ctrl-C.
    """
