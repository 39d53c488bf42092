"""Vendor documents -> facts: what a page says about an API, without its prose."""

from scripts.documents._document import Conflict, Document, Facts, Unreadable, Value, digest, place
from scripts.documents._read import read

__all__ = ["Conflict", "Document", "Facts", "Unreadable", "Value", "digest", "place", "read"]
