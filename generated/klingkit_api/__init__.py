"""Typed clients generated from openapi/; written by `make generate`, never edited by hand."""
