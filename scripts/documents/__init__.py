"""Vendor documents -> facts: what a page documents about an API, without its prose."""

from scripts.documents.facts import Document, Facts, Unreadable, Value, digest, is_conflict, place, values_of
from scripts.documents.reader import read

__all__ = ["Document", "Facts", "Unreadable", "Value", "digest", "is_conflict", "place", "read", "values_of"]
