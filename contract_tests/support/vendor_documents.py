"""Finds the vendor's documents, which lie beside the checkout or at KLINGKIT_DOCUMENTS, not in the repository."""

import os
from pathlib import Path
from typing import Final

import pytest

from scripts.specs.files import ROOT

DOCUMENTS: Final = Path(os.environ.get("KLINGKIT_DOCUMENTS", ROOT.parent / "shared" / "documents"))


def find_document(name: str) -> Path | None:
    """Return the path of a document in any subfolder; None if it is not there."""
    return next(iter(sorted(DOCUMENTS.rglob(f"{name}.md"))), None)


def require_document(name: str) -> Path:
    """Return the path of a document; skip the test if it is not there."""
    path = find_document(name)
    if path is None:
        pytest.skip(f"the vendor's document is not here: {name}")
    return path
