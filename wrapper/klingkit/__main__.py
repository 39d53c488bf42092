"""``python -m klingkit``: the command line."""

from klingkit.cli import main

raise SystemExit(main())
