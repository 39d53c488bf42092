"""Command lines of the project: each a thin shell over importable functions."""
