"""Limits that documents state, for tests that are not about the documents."""

from klingkit import find_model


def longest(model: str, field: str = "prompt", api: str | None = None) -> int:
    """Return the most characters that a field of a model may have."""
    (found,) = (it for it in find_model(model, api).options if it.name == field)
    return int(found.limits["maxLength"])


def too_long(model: str, field: str = "prompt", api: str | None = None) -> str:
    """Return a text of one character more."""
    return "x" * (longest(model, field, api) + 1)
