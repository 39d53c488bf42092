"""The OpenAPI specs as data: loading, walking, linting, comparing two versions."""
