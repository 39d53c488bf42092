"""``python -m klingkit.contract``."""

from klingkit.contract._cli import main

raise SystemExit(main())
