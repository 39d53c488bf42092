# Written by `make generate` from openapi/; never edited by hand.
"""Typed clients, one a folder, and what they share."""
