"""The orders, in an SQLite file that survives restarts."""

import sqlite3
from pathlib import Path
from typing import Literal, TypeAlias
from uuid import uuid4

from pydantic import BaseModel

from klingkit import TaskRef

Status: TypeAlias = Literal["uncertain", "making", "ready", "failed"]


class Video(BaseModel):
    """The state of an order, as customers see it."""

    id: str
    status: Status
    reason: str | None = None


class Orders:
    """All orders. An order is stored as "uncertain" before it is paid for, until its task is known."""

    def __init__(self, path: Path) -> None:
        self._database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._database.execute("CREATE TABLE IF NOT EXISTS orders (id PRIMARY KEY, status, reason, ref)")

    def add(self) -> str:
        """Store a new order, before it is paid for."""
        video_id = uuid4().hex
        self._database.execute("INSERT INTO orders VALUES (?, 'uncertain', NULL, NULL)", [video_id])
        return video_id

    def drop(self, video_id: str) -> None:
        """Delete an order that has cost nothing."""
        self._database.execute("DELETE FROM orders WHERE id = ?", [video_id])

    def made(self, video_id: str, ref: TaskRef) -> None:
        """Note an order's task, unless a callback has brought it already."""
        change = "UPDATE orders SET status = 'making', ref = ? WHERE id = ? AND status = 'uncertain'"
        self._database.execute(change, [str(ref), video_id])

    def end(self, video_id: str, status: Status, reason: str | None = None) -> None:
        """Note how an order has ended."""
        self._database.execute("UPDATE orders SET status = ?, reason = ? WHERE id = ?", [status, reason, video_id])

    def get(self, video_id: str) -> Video | None:
        """Find an order."""
        found = self._database.execute("SELECT id, status, reason FROM orders WHERE id = ?", [video_id]).fetchone()
        return Video(id=found[0], status=found[1], reason=found[2]) if found else None

    def making(self) -> list[tuple[str, TaskRef]]:
        """List the orders that have not ended, with their tasks."""
        found = self._database.execute("SELECT id, ref FROM orders WHERE status = 'making'").fetchall()
        return [(video_id, TaskRef.parse(ref)) for video_id, ref in found]

    def close(self) -> None:
        """Close the file."""
        self._database.close()
