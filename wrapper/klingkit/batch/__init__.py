"""Durable jobs (extra `batch`): a ledger of paid requests that survives `kill -9`, and an engine that works it off.

    ledger = Ledger("videos.db")
    ref = ledger.submit_once(client, "order-1", request)  # paid once, however often it is called

The fact that a job is about to be paid for is durable before the request leaves: whatever ends the process, nothing is
paid twice, and what may have been paid for is "uncertain" until it is settled.
"""

from __future__ import annotations

from importlib import import_module

try:
    import_module("sqlalchemy")
except ImportError as _error:
    # With its name, the command line reports it in one line.
    raise ImportError('klingkit.batch needs its extra: pip install "klingkit[batch]"', name=__name__) from _error

from klingkit.batch._batch import Batch, Outcome
from klingkit.batch._budget import Budget
from klingkit.batch._database import LedgerError
from klingkit.batch._files import Entry, read_jobs
from klingkit.batch._jobs import JobRow, State
from klingkit.batch._ledger import Ledger

__all__ = ["Batch", "Budget", "Entry", "JobRow", "Ledger", "LedgerError", "Outcome", "State", "read_jobs"]
