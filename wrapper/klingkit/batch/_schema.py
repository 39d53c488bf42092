"""The tables of a ledger. Times are seconds since 1970 by the database's clock."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Float, Index, Integer, MetaData, String, Table, Text

__all__ = ["ACCOUNTS", "JOBS", "META", "TABLES", "VERSION"]

VERSION: Final = 1
"""Of the tables. A ledger of a newer version is refused."""

TABLES: Final = MetaData()

META: Final = Table(
    "klingkit_ledger",
    TABLES,
    Column("version", Integer, nullable=False),
    Column("secret", String(64), nullable=False),  # callback URLs are made with it
)

ACCOUNTS: Final = Table(
    "klingkit_accounts",
    TABLES,
    Column("account", String(512), primary_key=True),
    Column("creations", Integer),  # None: no limit, for now; a refusal may have taught a lower one
    Column("slots", Integer),
    Column("closed_until", Float, nullable=False, default=0.0),
    Column("changed", Float, nullable=False, default=0.0),  # when a limit was learned, or grew
    Column("refusals", Integer, nullable=False, default=0),  # in a row
    Column("next_slot", Float, nullable=False, default=0.0),  # when the last refused job is to come again
)

JOBS: Final = Table(
    "klingkit_jobs",
    TABLES,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("key", String(255), nullable=False, unique=True),
    Column("account", String(512), nullable=False),
    Column("batch", String(255), nullable=False, default=""),  # empty: its caller pays for it, no engine
    Column("state", String(16), nullable=False),
    Column("next_at", Float),  # None: nothing happens by itself
    Column("request", Text, nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("output", Text),  # where the video goes; None: it is not downloaded
    Column("estimate", Float),  # credits
    Column("attempt", String(32)),  # names the caller that may pay
    Column("tries", Integer, nullable=False, default=0),
    Column("external_id", String(64)),
    Column("ref", Text),
    Column("counted", Float),  # from when on it counts as one creation; for an intent, its deadline
    Column("submitted", Float),
    Column("cost", String(40)),
    Column("cost_unit", String(16)),
    Column("file", Text),
    Column("sha256", String(64)),
    Column("size", Integer),
    Column("error", String(64)),  # the class
    Column("message", Text),
    Column("created", Float, nullable=False),
    Column("updated", Float, nullable=False),
    Index("klingkit_jobs_due", "account", "state", "next_at", "id"),
    Index("klingkit_jobs_counted", "account", "counted"),
    sqlite_autoincrement=False,
)
