"""Limits that documents state, for tests that are not about the documents."""

from klingkit import find_model


def max_length(model: str, field: str = "prompt", api: str | None = None) -> int:
    """Return the maximum number of characters of a model's field."""
    (option,) = (each for each in find_model(model, api).options if each.name == field)
    return int(option.limits["maxLength"])


def overlong_text(model: str, field: str = "prompt", api: str | None = None) -> str:
    """Return a text of one character more than a model's field allows."""
    return "x" * (max_length(model, field, api) + 1)
