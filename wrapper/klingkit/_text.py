"""Make texts of servers safe to show in errors and logs: `printable`, and `MAX_QUOTE` characters of one at most.

Both are defined in `klingkit_api`, beside the root of the errors.
"""

from klingkit_api.text import MAX_QUOTE, printable

__all__ = ["MAX_QUOTE", "printable"]
