"""Tasks, exchanges and deliveries as they are shown: values in code, JSON on the page."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from klingkit.emulator._deliveries import Delivery
from klingkit.emulator._exchanges import Exchange, Message
from klingkit.emulator._media import media_url
from klingkit.emulator._tasks import Failure, State, Task

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
    """A task in a list."""
    failure = task.failure
    return {
        "id": task.id,
        "api": task.order.service,
        "model": task.order.model,
        "prompt": task.order.prompt,
        "state": task.state.value,
        "created": task.created,
        "history": [{"state": state.value, "at": at} for state, at in task.history],
        "queries": task.queries,
        "failure": None if failure is None else {"code": failure.code, "message": failure.message},
        "video": media_url("", task) if task.state is State.SUCCEEDED else None,
        "callback_url": task.order.callback_url,
        "external_task_id": task.order.name,
    }


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
        "task_id": exchange.task_id,
        "fault": exchange.fault,
        "seconds": exchange.seconds,
    }


def whole_exchange_json(exchange: Exchange) -> dict[str, object]:
    """An exchange with headers and bodies."""
    both = {"request": _message(exchange.request), "answer": _message(exchange.answer)}
    return exchange_json(exchange) | both


def _message(message: Message) -> dict[str, object]:
    return {"headers": message.headers, "body": message.body}


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
