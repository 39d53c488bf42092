"""What `scripts.generate` is made of: the amendments, the checks and the generator's run."""
