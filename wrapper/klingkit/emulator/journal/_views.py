"""Tasks, exchanges and deliveries as they are shown: values in code, JSON on the page."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from klingkit.emulator.faults._fault import Fault
from klingkit.emulator.faults._rules import Rule
from klingkit.emulator.journal._exchanges import Exchange, Message
from klingkit.emulator.tasks._media import media_url
from klingkit.emulator.tasks._table import Failure, State, Task
from klingkit.emulator.webhooks._deliveries import Delivery

GOOD = (0, 200, "0", "200", "success")
"""Codes in the body of an answer that refuse nothing; in those of some dialects there is none."""

StateName: TypeAlias = Literal["accepted", "running", "succeeded", "failed"]


@dataclass(frozen=True)
class TaskView:
    """A task as it was when it was looked at. Times are Unix seconds, by the emulator's clock.

    Attributes:
        id: as the API has told it.
        api: the one it was asked for by.
        model: what was asked for.
        prompt: what was asked for.
        state: how far it is.
        created: when it was accepted.
        history: the states it has been in, and when it came to each.
        queries: how often it was asked about.
        failure: why it failed.
        video: the path of its film; None before it has succeeded.
        callback_url: where its news is sent.
        external_task_id: its owner's own id for it.
        request: the body that asked for it, JSON.
    """

    id: str
    api: str
    model: str
    prompt: str
    state: StateName
    created: float
    history: tuple[tuple[StateName, float], ...]
    queries: int
    failure: Failure | None
    video: str | None
    callback_url: str | None
    external_task_id: str | None
    request: Mapping[str, Any]


def view(task: Task) -> TaskView:
    """The task as its users may see it."""
    return TaskView(
        id=task.id,
        api=task.order.service,
        model=task.order.model,
        prompt=task.order.prompt,
        state=task.state.value,
        created=task.created,
        history=tuple((state.value, at) for state, at in task.history),
        queries=task.queries,
        failure=task.failure,
        video=media_url("", task) if task.state is State.SUCCEEDED else None,
        callback_url=task.order.callback_url,
        external_task_id=task.order.name,
        request=json.loads(task.order.request),
    )


def task_json(task: Task) -> dict[str, object]:
    """A task in a list. Its video is the page's own copy, which no fault strikes and no journal notes."""
    failure = task.failure
    return {
        "id": task.id,
        "number": task.number,
        "api": task.order.service,
        "model": task.order.model,
        "prompt": task.order.prompt,
        "state": task.state.value,
        "created": task.created,
        "history": [{"state": state.value, "at": at} for state, at in task.history],
        "queries": task.queries,
        "failure": None if failure is None else {"code": failure.code, "message": failure.message},
        "video": f"/_emulator/tasks/{task.id}/film" if task.state is State.SUCCEEDED else None,
        "callback_url": task.order.callback_url,
        "external_task_id": task.order.name,
    }


def tells(task: Task, text: str) -> bool:
    """Whether this text, in lower case, is in what a task is looked for by."""
    order = task.order
    return any(text in one.lower() for one in (order.prompt, order.model, task.id, order.name or ""))


def exchange_json(exchange: Exchange) -> dict[str, object]:
    """An exchange in a list: without headers and bodies."""
    return {
        "id": exchange.id,
        "at": exchange.at,
        "api": exchange.api,
        "operation": exchange.operation,
        "method": exchange.method,
        "path": exchange.path,
        "query": exchange.query,
        "status": exchange.status,
        "refused": refusal(exchange),
        "task_id": exchange.task_id,
        "fault": exchange.fault,
        "seconds": exchange.seconds,
    }


def refusal(exchange: Exchange) -> int | str | None:
    """The code by which an API refuses in the answer's body, whatever the HTTP status says; None: there is none."""
    content = exchange.answer.content
    if exchange.api is None or not content.startswith(b"{"):
        return None
    try:
        code = json.loads(content).get("code")
    except (ValueError, RecursionError):
        return None
    return code if isinstance(code, int | str) and code not in GOOD else None


def mentions(exchange: Exchange, text: str) -> bool:
    """Whether this text, in lower case, is in what a request is looked for by."""
    status = "dropped" if exchange.status is None else exchange.status
    path = f"{exchange.method} {exchange.path}{exchange.query and '?'}{exchange.query}"
    about = exchange.api, exchange.operation, exchange.task_id, exchange.fault
    return any(text in str(told).lower() for told in (path, status, refusal(exchange), *about) if told is not None)


def _is_refused(exchange: Exchange) -> bool:
    return exchange.status is None or exchange.status >= 400 or refusal(exchange) is not None


ONLY: Mapping[str, Callable[[Exchange], bool]] = {
    "stray": lambda exchange: exchange.task_id is None,
    "refused": _is_refused,
    "fault": lambda exchange: exchange.fault is not None,
}
"""What a list of exchanges may be narrowed down to: those of no task, refused or not answered, struck by a fault."""


def whole_exchange_json(exchange: Exchange) -> dict[str, object]:
    """An exchange with headers and bodies."""
    both = {"request": _message(exchange.request), "answer": _message(exchange.answer)}
    return exchange_json(exchange) | both


def _message(message: Message) -> dict[str, object]:
    return {"headers": message.headers, "body": message.body}


def in_words(fault: Fault) -> str:
    """What a fault strikes, how often and with what, as far as it differs from the defaults; without its kind."""
    told = (
        (True, fault.api or "any API"),
        (fault.operation, fault.operation),
        (fault.prompt, f"prompt matches {fault.prompt}"),
        (fault.times, "once" if fault.times == 1 else f"{fault.times} times"),
        (fault.probability < 1, f"probability {fault.probability:.12g}"),
        (fault.code is not None, f"code {fault.code}"),
        (fault.status, f"HTTP {fault.status}"),
        (fault.message, fault.message),
        (fault.seconds is not None, f"{fault.seconds or 0:.12g} s"),
        (fault.after, "after the task is made"),
    )
    return " · ".join(str(text) for holds, text in told if holds)


def rule_json(rule: Rule) -> dict[str, object]:
    """A fault that is set: its fields, its id, how often it has struck, and the whole in words."""
    return {**rule.fault.to_json(), "id": rule.id, "struck": rule.struck, "rule": in_words(rule.fault)}


def delivery_json(delivery: Delivery) -> dict[str, object]:
    """A delivery in an event: without its body."""
    return {
        "id": delivery.id,
        "task_id": delivery.task_id,
        "at": delivery.at,
        "url": delivery.url,
        "status": delivery.status,
        "reason": delivery.reason,
        "headers": dict(delivery.headers),
        "attempt": delivery.attempt,
        "fault": delivery.fault,
    }


def whole_delivery_json(delivery: Delivery) -> dict[str, object]:
    """A delivery with its body."""
    return delivery_json(delivery) | {"body": delivery.body}
