"""``python -m klingkit.emulator``."""

from klingkit.emulator._cli import main

main()
