"""Where the emulator has each API, and how an exchange with it is read: by hand, with no look at the specs."""

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from attrs import frozen

from scripts.checks.exchanges import UNREADABLE, Exchange

JSON: Final = "application/json"


@frozen
class Door:
    """Addresses of an API, and its words for what all have in common."""

    create: str
    ask: str
    """With a place for the id."""
    task_id: tuple[str, ...]
    """Where an answer has it."""
    callback: str
    """What a body calls the address."""
    named: frozenset[str]
    """Fields of answers whose values the documents list."""

    def creates(self, exchange: Exchange) -> bool:
        """Whether a task is ordered."""
        return exchange.method == "POST" and exchange.path == self.create

    def asked(self, exchange: Exchange) -> str | None:
        """Return the id that is asked for; None if there is none, or several."""
        path, _, query = self.ask.partition("?")
        if exchange.method != "GET" or not self._asks_at(exchange.path):
            return None
        if not query:
            return exchange.path.removeprefix(path.removesuffix("{}"))
        ids = [value for name, value in exchange.query if name == query.partition("=")[0]]
        return ids[0] if len(ids) == 1 else None

    def knows(self, path: str) -> bool:
        """Whether there is an operation at a path."""
        return path == self.create or self._asks_at(path)

    def _asks_at(self, path: str) -> bool:
        return re.fullmatch(re.escape(urlsplit(self.ask).path).replace(r"\{\}", "[^/]+"), path) is not None

    def sort(self, exchange: Exchange) -> str:
        """Say what an exchange shows: `create`, `ask`, `keyless`, `stray`, or "" for what no spec tells of."""
        if exchange.status == 401:
            return "" if exchange.key else "keyless"
        if exchange.status == 405 or not self.knows(exchange.path):
            return "stray"
        if exchange.method == "GET":
            return "ask"
        is_json = exchange.headers.get("content-type") == JSON and exchange.body is not UNREADABLE
        return "create" if is_json else ""

    def record_in(self, answer: Any) -> Mapping[str, Any]:
        """Return the object of an answer that tells of the task; an empty one if there is none."""
        for name in self.task_id[:-1]:
            answer = answer.get(name) if isinstance(answer, dict) else None
        return answer if isinstance(answer, dict) else {}

    def id_in(self, answer: Any) -> Any:
        """Return the id in an answer; None if there is none."""
        return self.record_in(answer).get(self.task_id[-1])


NAMED: Final = frozenset({"code", "task_status"})
DOORS: Final = {
    "kie": Door(
        create="/api/v1/jobs/createTask",
        ask="/api/v1/jobs/recordInfo?taskId={}",
        task_id=("data", "taskId"),
        callback="callBackUrl",
        named=frozenset({"code", "state"}),
    ),
    "native": Door("/v1/videos/text2video", "/v1/videos/text2video/{}", ("task_id",), "callback_url", NAMED),
    "relay": Door(
        "/kling/v1/videos/text2video", "/kling/v1/videos/text2video/{}", ("data", "task_id"), "callback_url", NAMED
    ),
}
