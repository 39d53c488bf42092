"""Limits that documents state, for tests that are not about the documents: read from the facts files."""

from scripts.checks.oracle import apis, documented


def longest(model: str, field: str = "prompt") -> int:
    """Return the most characters that the document of a model allows in a field."""
    requests = (it.typed for api in apis() for it in documented(api) if model in it.models)
    return int(next(requests)["properties"][field]["maxLength"])
