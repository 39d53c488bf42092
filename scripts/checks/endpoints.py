"""The endpoints of the emulator for each API, and the API's names for common things; written without the specs."""

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from attrs import evolve, frozen

from scripts.checks.exchanges import UNREADABLE, Exchange
from scripts.specs.spec import is_object

JSON: Final = "application/json"
Code = tuple[int, int]
"""HTTP status and code in the body."""


@frozen(kw_only=True)
class Endpoints:
    """Addresses of an API, and its names for what all have in common."""

    api: str
    create: str
    query: str
    """With a place for the id."""
    envelope: tuple[str, ...]
    """The fields around a record; empty if there is no envelope."""
    success: int | None
    """The code beside a record; None: there is none."""
    task_id: str
    state: str
    states: Mapping[str, str]
    """Its word for a state -> accepted, running, succeeded or failed; a word may stand for two."""
    model: str
    callback: str
    """What a body calls the address."""
    errors: Mapping[str, Code]
    """Kind of problem -> its error."""
    created_fields: frozenset[str]
    """The fields of the record of a new task."""
    queried_fields: frozenset[str]
    """The fields of the record of a query; those that come with a result or a name are not among them."""
    hosts: tuple[str, ...]
    """The base URLs that the documents or the official hosts name, the default one first."""
    clients: tuple[tuple[str, Mapping[str, Any]], ...]
    """The base URLs that the client is tried at, each with the options of its adapter."""
    reason: str = "message"
    """The field of an error that says why."""
    external_ids: bool = True
    """Whether a task may have an id of its owner's."""
    in_strings: bool = False
    """Whether request and result are JSON in strings, and a failure has a code."""
    one_callback: bool = False
    """Whether a callback comes at the end alone, and in the envelope; it comes at each change otherwise, and bare."""

    @property
    def listed(self) -> frozenset[str]:
        """Fields of responses whose values the documents list."""
        return frozenset({"code", self.state})

    def creates(self, exchange: Exchange) -> bool:
        """Whether the creation of a task is requested."""
        return exchange.method == "POST" and exchange.path == self.create

    def queried(self, exchange: Exchange) -> str | None:
        """Return the id of the task that is queried; None if there is none, or several."""
        path, _, query = self.query.partition("?")
        if exchange.method != "GET" or not self._is_query(exchange.path):
            return None
        if not query:
            return exchange.path.removeprefix(path.removesuffix("{}"))
        ids = [value for name, value in exchange.query if name == query.partition("=")[0]]
        return ids[0] if len(ids) == 1 else None

    def knows(self, path: str) -> bool:
        """Whether there is an operation at a path."""
        return path == self.create or self._is_query(path)

    def serves(self, exchange: Exchange) -> bool:
        """Whether there is an operation of this method at this path."""
        return self.creates(exchange) or (exchange.method == "GET" and self._is_query(exchange.path))

    def _is_query(self, path: str) -> bool:
        return re.fullmatch(re.escape(urlsplit(self.query).path).replace(r"\{\}", "[^/]+"), path) is not None

    def classify(self, exchange: Exchange) -> str:
        """Classify an exchange: `create`, `query`, `keyless`, `stray`, or "" for what no spec describes."""
        if exchange.status == 401:
            return "" if exchange.key else "keyless"
        if exchange.status == 405 or not self.knows(exchange.path):
            return "stray"
        if exchange.method == "GET":
            return "query"
        is_json = exchange.headers.get("content-type") == JSON and exchange.body is not UNREADABLE
        return "create" if is_json else ""

    def record_in(self, response: Any) -> Mapping[str, Any]:
        """Return the object of a response that describes the task; an empty one if there is none."""
        record = response.get("data") if self.envelope and is_object(response) else response
        return record if is_object(record) else {}

    def id_in(self, response: Any) -> Any:
        """Return the id in a response; None if there is none."""
        return self.record_in(response).get(self.task_id)


COMMON: Final = {"no key": (401, 401), "odd key": (401, 401), "unknown key": (401, 401), "unreadable": (400, 400)}
HTTP: Final[Mapping[str, Code]] = {**COMMON, "task": (404, 404), "path": (404, 404), "method": (405, 405)}
SINGAPORE, BEIJING = (f"https://api-{place}.klingai.com" for place in ("singapore", "beijing"))
TASK: Final = frozenset({"task_id", "task_status", "created_at", "updated_at"})
NATIVE: Final = Endpoints(
    api="native",
    create="/v1/videos/text2video",
    query="/v1/videos/text2video/{}",
    envelope=(),
    success=None,
    task_id="task_id",
    state="task_status",
    states={"submitted": "accepted", "processing": "running", "completed": "succeeded", "failed": "failed"},
    model="model_name",
    callback="callback_url",
    errors={**HTTP, "value": (400, 400), "model": (400, 400)},
    created_fields=TASK,
    queried_fields=TASK | {"task_status_msg"},
    hosts=(SINGAPORE, BEIJING),
    clients=((SINGAPORE, {"dialect": "document"}), (BEIJING, {"dialect": "official"})),
)
ENDPOINTS: Final[Mapping[str, Endpoints]] = {
    "kie": Endpoints(
        api="kie",
        create="/api/v1/jobs/createTask",
        query="/api/v1/jobs/recordInfo?taskId={}",
        envelope=("code", "msg", "data"),
        success=200,
        task_id="taskId",
        state="state",
        states={"waiting": "running", "success": "succeeded", "fail": "failed"},
        model="model",
        callback="callBackUrl",
        errors={**HTTP, "value": (422, 422), "model": (422, 422)},
        created_fields=frozenset({"taskId"}),
        queried_fields=frozenset(
            {"taskId", "model", "state", "param", "resultJson", "failCode", "failMsg"}
            | {"costTime", "completeTime", "createTime"}
        ),
        hosts=("https://api.kie.ai",),
        clients=(("https://api.kie.ai", {}),),
        reason="msg",
        external_ids=False,
        in_strings=True,
        one_callback=True,
    ),
    "native": NATIVE,
    "relay": evolve(
        NATIVE,
        api="relay",
        create="/kling/v1/videos/text2video",
        query="/kling/v1/videos/text2video/{}",
        envelope=("code", "message", "request_id", "data"),
        success=0,
        states={"submitted": "accepted", "processing": "running", "succeed": "succeeded", "failed": "failed"},
        errors={
            "no key": (401, 1001),
            "odd key": (401, 1002),
            "unknown key": (401, 1000),
            "unreadable": (400, 1200),
            "value": (400, 1201),
            **dict.fromkeys(("model", "task", "path"), (404, 1203)),
            "method": (405, 1202),
        },
        created_fields=TASK | {"task_info"},
        queried_fields=TASK | {"task_status_msg", "task_info"},
        hosts=("https://relay.example",),  # a relay's is not documented, and this one stands for any
        clients=tuple(("https://studio.example/relay", {"dialect": dialect}) for dialect in ("document", "official")),
    ),
}
