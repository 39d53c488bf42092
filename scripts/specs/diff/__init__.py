"""The diff of two versions of a spec: each change, rated by semantic versioning."""
