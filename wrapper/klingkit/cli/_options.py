"""From the options of the catalogue to flags, and from their texts to the fields of a request."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from difflib import get_close_matches
from typing import Any, Final, cast

import click
from click.shell_completion import CompletionItem

from klingkit._catalogue import Model, Option, models

__all__ = ["Fields", "file_options", "flags", "image_option", "read_fields", "with_files"]

Fields = dict[str, Any]

PROMPT: Final = "prompt"
IMAGES: Final = ("image_url", "image_urls", "input_urls")
"""The options that name a first image, in the vendors' spellings."""

BOOLEANS: Final = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


class Flag(click.Option):
    """The flag of one option of the catalogue."""

    def __init__(self, name: str, options: Sequence[Option]) -> None:
        self.wire = name
        flag, kinds = f"--{name.replace('_', '-')}", {option.type for option in options}
        choices = dict.fromkeys(str(choice) for option in options for choice in option.choices)
        self.choices = sorted(choices, key=int) if all(map(str.isdigit, choices)) else list(choices)
        is_switch = kinds == {"boolean"}
        super().__init__(
            [f"{flag}/--no-{flag[2:]}" if is_switch else flag, "_" + name.replace(".", "_")],
            is_flag=is_switch,
            default=None,
            metavar=None if is_switch else "VALUE",
            multiple="array" in kinds,
            expose_value=False,
            callback=_keep,
            help=_help(options[0], self.choices),
            shell_complete=_complete_value,
        )


def _help(option: Option, choices: Sequence[str]) -> str:
    """Describe an option without its limits, which differ from model to model."""
    text = re.split("[;(]", option.description)[0].strip(" .") + "."
    return f"{text} [{'|'.join(choices)}]" if choices else text


def _keep(ctx: click.Context, param: click.Parameter, value: bool | str | tuple[str, ...] | None) -> None:  # noqa: FBT001 - click's signature
    """Keep what a flag was given, as texts."""
    assert isinstance(param, Flag)
    if value is not None and value != ():
        texts = value if isinstance(value, tuple) else (str(value),)
        ctx.meta.setdefault(__name__, {})[param.wire] = list(texts)


def flags() -> list[click.Parameter]:
    """Return a flag for each option of the catalogue, but for the prompt and what is within the objects of a list."""
    named: dict[str, list[Option]] = {}
    for model in models():
        for option in model.options:
            if option.name != PROMPT and "[]" not in option.name:
                named.setdefault(option.name, []).append(option)
    return [Flag(name, options) for name, options in named.items()]


def read_fields(ctx: click.Context, model: Model, prompt: str | None, pairs: Sequence[str]) -> Fields:
    """Return the fields of a request: the prompt, those of the flags, and those of `--option name=value`.

    Raises:
        UsageError: The model has no such option, or one is given twice.
    """
    texts: dict[str, list[str]] = {} if prompt is None else {PROMPT: [prompt]}
    texts |= ctx.meta.get(__name__, {})
    for pair in pairs:
        name, separator, text = pair.partition("=")
        if not separator:
            raise click.BadParameter(f"name=value, not {pair!r}", ctx, param_hint="--option")
        texts.setdefault(name, []).append(text)
    fields: Fields = {}
    for name, values in texts.items():
        _put(fields, name, _read(_option(model, name), values))
    return fields


def _option(model: Model, name: str) -> Option:
    """Return an option of a model; of an untyped one, whatever is named."""
    found = next((option for option in model.options if option.name == name), None)
    if found is not None:
        return found
    if model.request is None:
        return Option(name, "any")
    known = [option.name for option in model.options if "[]" not in option.name]
    nearest = get_close_matches(name, known, 1)
    perhaps = f", perhaps {nearest[0]}" if nearest else ""
    raise click.UsageError(f"{model.name} takes no {name!r}{perhaps}; it takes {', '.join(known)}")


def _read(option: Option, values: list[str]) -> Any:
    """Convert the texts of one option; the request itself refuses what is left as text."""
    if option.type == "array" and not (len(values) == 1 and values[0].startswith("[")):
        return values
    if len(values) > 1:
        raise click.UsageError(f"{option.name}: given {len(values)} times")
    (text,) = values
    if option.type == "string" or option.name == PROMPT:  # of an untyped model, too
        return text
    if option.type == "boolean":
        return BOOLEANS.get(text.lower(), text)
    try:
        return json.loads(text)
    except ValueError:
        return text


def _put(fields: Fields, name: str, value: Any) -> None:
    """Put a value at its place: `camera_control.type` is within an object.

    Raises:
        UsageError: Its place is taken, or is within what is no object.
    """
    *outer, last = name.split(".")
    for number, part in enumerate(outer, 1):
        inner: Any = fields.setdefault(part, {})
        if not isinstance(inner, dict):
            raise click.UsageError(f"{'.'.join(outer[:number])} and {name}: give one of them")
        fields = cast("Fields", inner)
    if last in fields:
        raise click.UsageError(f"{name} and what is within it, or around it: give one of them")
    fields[last] = value


def file_options(model: Model) -> Iterator[Option]:
    """Yield the options of a model that are addresses of files."""
    for option in model.options:
        if "." not in option.name and "[]" not in option.name and (option.max_bytes or option.name in IMAGES):
            yield option


def image_option(model: Model) -> Option | None:
    """Return the option of a model that names its first image."""
    return next((option for option in model.options if option.name in IMAGES), None)


def with_files(model: Model, fields: Fields, replace: Callable[[str, str], str]) -> Fields:
    """Return the fields with the addresses of files: `replace` is given the option, and the path of a local file."""
    replaced: Fields = dict(fields)
    for option in file_options(model):
        value: str | list[Any] | None = replaced.get(option.name)
        if isinstance(value, str) and value:
            replaced[option.name] = _address(option.name, value, replace)
        elif isinstance(value, list):
            replaced[option.name] = [_address(option.name, str(each), replace) for each in value]
    return replaced


def _address(name: str, text: str, replace: Callable[[str, str], str]) -> str:
    return text if text.lower().startswith(("http://", "https://")) else replace(name, text)


def _complete_value(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the choices of the chosen model, or of all."""
    assert isinstance(param, Flag)
    return [CompletionItem(each) for each in _choices(ctx, param) if each.startswith(incomplete)]


def _choices(ctx: click.Context, flag: Flag) -> list[str]:
    chosen = ctx.params.get("model")
    options = [it for model in models() if model.name == chosen for it in model.options if it.name == flag.wire]
    return [str(choice) for option in options[:1] for choice in option.choices] or flag.choices
