"""Views of tasks, exchanges, deliveries and faults: values for programs, JSON for the page."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from klingkit.emulator.faults._fault import Fault
from klingkit.emulator.faults._rules import FaultRule
from klingkit.emulator.journal._exchanges import Exchange, Message
from klingkit.emulator.tasks._media import video_url
from klingkit.emulator.tasks._task import Failure, State, Task
from klingkit.emulator.webhooks._deliveries import Delivery

SUCCESS_CODES = (0, 200, "0", "200", "success")
"""Codes in the bodies of responses that are no errors."""

StateName: TypeAlias = Literal["accepted", "running", "succeeded", "failed"]


@dataclass(frozen=True)
class TaskView:
    """A task at one moment. Times are Unix seconds, by the emulator's clock.

    Attributes:
        id: as the API has returned it.
        api: the API of its request.
        model: as requested.
        prompt: as requested.
        state: the state it is in.
        created: when it was accepted.
        history: the states it has been in, and when it came to each.
        queries: how often it was queried.
        failure: why it failed.
        video: the path of its video; None before it has succeeded.
        callback_url: where its callbacks are sent.
        external_task_id: its owner's own id for it.
        request: the body of its request, JSON.
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
    """Return the public view of a task."""
    return TaskView(
        id=task.id,
        api=task.request.api,
        model=task.request.model,
        prompt=task.request.prompt,
        state=task.state.value,
        created=task.created,
        history=tuple((state.value, at) for state, at in task.history),
        queries=task.queries,
        failure=task.failure,
        video=video_url("", task, first=True) if task.state is State.SUCCEEDED else None,
        callback_url=task.request.callback_url,
        external_task_id=task.request.external_id,
        request=json.loads(task.request.body),
    )


def task_json(task: Task) -> dict[str, object]:
    """Return a task in a list. Its video is the page's own copy, without faults and journal."""
    failure = task.failure
    return {
        "id": task.id,
        "number": task.number,
        "api": task.request.api,
        "model": task.request.model,
        "prompt": task.request.prompt,
        "state": task.state.value,
        "created": task.created,
        "history": [{"state": state.value, "at": at} for state, at in task.history],
        "queries": task.queries,
        "failure": None if failure is None else {"code": failure.code, "message": failure.message},
        "video": f"/_emulator/tasks/{task.id}/video" if task.state is State.SUCCEEDED else None,
        "callback_url": task.request.callback_url,
        "external_task_id": task.request.external_id,
    }


def task_contains(task: Task, text: str) -> bool:
    """Return whether a search for this text, in lower case, finds a task."""
    request = task.request
    fields = (request.prompt, request.model, task.id, request.external_id or "")
    return any(text in field.lower() for field in fields)


def exchange_json(exchange: Exchange) -> dict[str, object]:
    """Return an exchange in a list: without headers and bodies."""
    return {
        "id": exchange.id,
        "at": exchange.at,
        "api": exchange.api,
        "operation": exchange.operation,
        "method": exchange.method,
        "path": exchange.path,
        "query": exchange.query,
        "status": exchange.status,
        "error_code": error_code(exchange),
        "task_id": exchange.task_id,
        "fault": exchange.fault,
        "seconds": exchange.seconds,
    }


def error_code(exchange: Exchange) -> int | str | None:
    """Return the error code in the response's body, whatever its HTTP status; None: there is none."""
    content = exchange.response.content
    if exchange.api is None or not content.startswith(b"{"):
        return None
    try:
        code = json.loads(content).get("code")
    except (ValueError, RecursionError):
        return None
    return code if isinstance(code, int | str) and code not in SUCCESS_CODES else None


def exchange_contains(exchange: Exchange, text: str) -> bool:
    """Return whether a search for this text, in lower case, finds an exchange."""
    status = "dropped" if exchange.status is None else exchange.status
    path = f"{exchange.method} {exchange.path}{exchange.query and '?'}{exchange.query}"
    about = exchange.api, exchange.operation, exchange.task_id, exchange.fault
    fields = (path, status, error_code(exchange), *about)
    return any(text in str(field).lower() for field in fields if field is not None)


def _is_error(exchange: Exchange) -> bool:
    return exchange.status is None or exchange.status >= 400 or error_code(exchange) is not None


ONLY: Mapping[str, Callable[[Exchange], bool]] = {
    "no-task": lambda exchange: exchange.task_id is None,
    "error": _is_error,
    "fault": lambda exchange: exchange.fault is not None,
}
"""Filters of a list of exchanges: those of no task, with an error or without a response, with an injected fault."""


def whole_exchange_json(exchange: Exchange) -> dict[str, object]:
    """Return an exchange with headers and bodies."""
    both = {"request": _message_json(exchange.request), "response": _message_json(exchange.response)}
    return exchange_json(exchange) | both


def _message_json(message: Message) -> dict[str, object]:
    return {"headers": message.headers, "body": message.body}


def rule_text(fault: Fault) -> str:
    """Return what a fault matches, how often, and its options, as far as they differ from the defaults."""
    parts = (
        (True, fault.api or "any API"),
        (fault.operation, fault.operation),
        (fault.prompt, f"prompt has {fault.prompt}"),
        (fault.times, "once" if fault.times == 1 else f"{fault.times} times"),
        (fault.probability < 1, f"probability {fault.probability:.12g}"),
        (fault.code is not None, f"code {fault.code}"),
        (fault.status, f"HTTP {fault.status}"),
        (fault.message, fault.message),
        (fault.seconds is not None, f"{fault.seconds or 0:.12g} s"),
        (fault.after, "after the task is made"),
    )
    return " · ".join(str(text) for differs, text in parts if differs)


def rule_json(rule: FaultRule) -> dict[str, object]:
    """Return a configured fault: its fields, its id, how often it has been injected, and its text."""
    return {**rule.fault.to_json(), "id": rule.id, "injected": rule.injected, "rule": rule_text(rule.fault)}


def delivery_json(delivery: Delivery) -> dict[str, object]:
    """Return a delivery in an event: without its body."""
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
    """Return a delivery with its body."""
    return delivery_json(delivery) | {"body": delivery.body}
