"""What changed between two versions of a spec, rated by semantic versioning."""
