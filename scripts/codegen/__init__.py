"""Code generation for `scripts.generate`: the amendments of templates, the checks, and the generator's run."""
