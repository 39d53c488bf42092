"""Completion of models and of `--option`, by the catalogue."""

from __future__ import annotations

import click
from click.shell_completion import CompletionItem

from klingkit._catalogue import models

__all__ = ["complete_model", "complete_pair"]


def complete_pair(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete `--option`: the names of the chosen model's options, or of all; after the `=`, the choices."""
    chosen = ctx.params.get("model")
    options = {
        it.name: it for model in models(ctx.params.get("api")) if chosen in (None, model.name) for it in model.options
    }
    name, separator, text = incomplete.partition("=")
    if separator:
        choices = options[name].choices if name in options else ()
        return [CompletionItem(f"{name}={each}") for each in map(str, choices) if each.startswith(text)]
    return [CompletionItem(f"{each}=") for each in options if each.startswith(name) and "[]" not in each]


def complete_model(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the name of a model."""
    found = models(ctx.params.get("api"))
    return [CompletionItem(name) for name in dict.fromkeys(it.name for it in found) if name.startswith(incomplete)]
