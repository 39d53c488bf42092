"""How fast things are: `make bench` measures, beside others; `forks`, `hostile_requests` and `emulator` are stress.

Each part is a function that measures and returns an `Outcome`; `goals` says what is to be reached.
"""
