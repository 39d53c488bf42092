"""Limits that documents state, for tests that are not about the documents."""

from klingkit import find_model


def longest(model: str, field: str = "prompt") -> int:
    """Return the most characters that a field of a model may have."""
    (found,) = (it for it in find_model(model).options if it.name == field)
    return int(found.limits["maxLength"])
