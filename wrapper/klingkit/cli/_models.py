"""`klingkit models`: what each API and model takes."""

from __future__ import annotations

from typing import Any

import click

from klingkit._base import Api
from klingkit._catalogue import Model, Option, find_model
from klingkit._catalogue import models as all_models
from klingkit.cli._apis import api_option
from klingkit.cli._complete import complete_model
from klingkit.cli._output import json_option, output_of

__all__ = ["models"]


@click.command()
@click.argument("name", required=False, shell_complete=complete_model)
@api_option
@json_option
@click.pass_context
def models(ctx: click.Context, /, name: str | None, api: Api | None) -> None:
    """List the models of all APIs, or what one of them takes."""
    listed = all_models(api)
    if name is not None:
        find_model(name, api)  # raises, with the nearest names
        listed = tuple(model for model in listed if model.name == name)
    texts = [_summary(model) if name is None else _details(model) for model in listed]
    output_of(ctx).result("\n".join(texts), {"models": [_record(model) for model in listed]})


def _summary(model: Model) -> str:
    return f"{model.api:<7} {model.name:<36} {_remark(model)}".rstrip()


def _remark(model: Model) -> str:
    if model.retired is not None:
        return f"retired {model.retired}"
    return "" if model.request else "unchecked"


def _details(model: Model) -> str:
    head = " ".join(part for part in (model.api, model.name, _remark(model)) if part)
    lines = [_option(option) for option in model.options]
    return "\n".join([head, f"  {model.description}", *lines, *(f"  rule: {rule}" for rule in model.rules)])


def _option(option: Option) -> str:
    kind = "|".join(map(str, option.choices)) or option.type
    default = "" if option.default in (None, "") else f"default {_shown(option.default)}"
    limits = [f"{name} {value}" for name, value in option.limits.items()]
    size = f"{option.max_bytes / 1_000_000:g} MB at most" if option.max_bytes else ""
    facts = [kind, "required" if option.required and not default else "", default, *limits, size]
    return f"  {option.name:<38} {', '.join(fact for fact in facts if fact)}"


def _shown(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _record(model: Model) -> dict[str, Any]:
    return {
        "api": model.api,
        "name": model.name,
        "checked": model.request is not None,
        "retired": model.retired and model.retired.isoformat(),
        "description": model.description,
        "rules": list(model.rules),
        "options": [_option_record(option) for option in model.options],
    }


def _option_record(option: Option) -> dict[str, Any]:
    return {
        "name": option.name,
        "type": option.type,
        "required": option.required,
        "choices": list(option.choices),
        "default": option.default,
        "limits": dict(option.limits),
        "max_bytes": option.max_bytes,
        "media_types": list(option.media_types),
        "description": option.description,
    }
