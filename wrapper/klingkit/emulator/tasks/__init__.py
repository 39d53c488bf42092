"""Tasks: the table, the clock, and the sample videos that they end with."""
