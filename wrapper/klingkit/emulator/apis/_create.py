"""Placing an order: what the table of tasks does not take is refused as a request."""

from collections.abc import Callable
from random import Random

from klingkit.emulator.apis._errors import Problem, Refused
from klingkit.emulator.tasks._table import NameTaken, NoSlot, Order, Task, Tasks, TooFast


def place(tasks: Tasks, order: Order, draw_id: Callable[[Random], str]) -> Task:
    """The task that was made of the order.

    Raises:
        Refused: its name is taken, or its owner creates too fast or has too many unfinished.
    """
    try:
        return tasks.create(order, draw_id)
    except NameTaken as error:
        raise Refused(Problem.VALUE, f"external_task_id {order.name!r} is another task's") from error
    except TooFast as error:
        raise Refused(Problem.PACE, "this key creates tasks too fast; try again in some seconds") from error
    except NoSlot as error:
        raise Refused(Problem.SLOTS, "too many tasks of this key are not finished; wait until one is") from error
