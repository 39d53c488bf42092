"""Creation of tasks: what the table of tasks rejects becomes an API error."""

from collections.abc import Callable
from dataclasses import replace
from random import Random

from starlette.requests import Request

from klingkit.emulator.apis._errors import ApiError, ErrorReason
from klingkit.emulator.faults._fault import Fault
from klingkit.emulator.faults._header import LATER_FAULT, TASK_FAILURE
from klingkit.emulator.http._classification import request_info
from klingkit.emulator.tasks._quotas import NoSlot, TooFast
from klingkit.emulator.tasks._table import ExternalIdTaken, Tasks
from klingkit.emulator.tasks._task import Failure, NotKept, Task, TaskRequest


def create_task(tasks: Tasks, task_request: TaskRequest, draw_id: Callable[[Random], str], http: Request) -> Task:
    """Create the task that an HTTP request asks for, with the fault that the request brings for it.

    Raises:
        ApiError: its external id is taken, or its owner creates too fast or has too many unfinished, or it can't be
            kept.
    """
    fault: Fault | None = http.scope.get(TASK_FAILURE)
    failure = Failure(None if fault.code is None else str(fault.code), fault.message) if fault else None
    task_request = replace(task_request, fault=http.scope.get(LATER_FAULT), failure=failure)
    try:
        task = tasks.create(task_request, draw_id)
    except ExternalIdTaken as error:
        message = f"external_task_id {task_request.external_id!r} is another task's"
        raise ApiError(ErrorReason.VALUE, message) from error
    except TooFast as error:
        raise ApiError(ErrorReason.RATE, "this key creates tasks too fast; try again in some seconds") from error
    except NoSlot as error:
        message = "too many tasks of this key are not finished; wait until one is"
        raise ApiError(ErrorReason.SLOTS, message) from error
    except NotKept as error:
        raise ApiError(ErrorReason.STORAGE, str(error)) from error
    request_info(http.scope).task_id = task.id
    return task


def query_task(tasks: Tasks, task_id: str, *, api: str, owner: str, http: Request, message: str) -> Task:
    """Count a query of the task of this id or external id, and return it.

    Raises:
        ApiError: this key has none, with this message.
    """
    task = tasks.query(task_id, api=api, owner=owner)
    if task is None:
        raise ApiError(ErrorReason.TASK, message)
    request_info(http.scope).task_id = task.id
    return task
