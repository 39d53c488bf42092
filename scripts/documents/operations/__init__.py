"""Facts of operations: calls, where fields belong, authentication, codes, callbacks, models, polling."""
