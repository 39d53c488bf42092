"""What must hold of tasks: their ids, their records, their films."""

import json
from collections.abc import Iterator
from typing import Final

from contract_tests.conformance.emulator_history import History
from contract_tests.conformance.emulator_reading import differing, field, state, urls
from contract_tests.emulator.kit import Kie, Native, Relay
from scripts.checks.exchanges import UNREADABLE, Exchange

FILMS: Final = "/media/"
TOLD: Final = {"task_id", "task_status", "created_at", "updated_at"}
CREATED: Final = {Kie: {"taskId"}, Native: TOLD, Relay: TOLD | {"task_info"}}
"""The fields of a task as it is created."""
KIES: Final = {
    *("taskId", "model", "state", "param", "resultJson"),
    *("failCode", "failMsg", "costTime", "completeTime", "createTime"),
}
RECORD: Final = {Kie: KIES, Native: TOLD | {"task_status_msg"}, Relay: TOLD | {"task_status_msg", "task_info"}}
"""The fields of a task as it is asked for; those that come with an end or a name are said below."""
STAGES: Final = {"accepted": 0, "running": 1, "succeeded": 2, "failed": 2}
MOMENTS: Final = ("createTime", "created_at", "completeTime", "updated_at")
YEARS: Final = range(1_600_000_000_000, 4_000_000_000_000)
"""Milliseconds from 2020 to 2096: no seconds, no microseconds."""


def ids_are_new_texts(past: History, exchange: Exchange) -> Iterator[str]:
    task_id = past.door.id_in(exchange.answer)
    if not isinstance(task_id, str) or not task_id:
        yield f"{task_id!r} is no id"
    elif task_id in past.made:
        yield f"{task_id} is another task's id"


def tasks_are_found_by_their_owners_alone(past: History, exchange: Exchange) -> Iterator[str]:
    wanted = past.wanted(exchange)
    if wanted is None and exchange.status != past.kind.codes["task"][0]:
        yield "this user has no such task"
    if wanted is not None and past.door.id_in(exchange.answer) != wanted:
        yield f"the task is not found: {wanted}"


def creations_have_exactly_these_fields(past: History, exchange: Exchange) -> Iterator[str]:
    named = {"task_info"} if past.name_in(exchange) else set[str]()
    yield from differing(past.door.record_in(exchange.answer), CREATED[past.kind] | named)


def records_have_exactly_these_fields(past: History, exchange: Exchange) -> Iterator[str]:
    record = past.door.record_in(exchange.answer)
    order = past.made.get(str(past.door.id_in(exchange.answer)))
    fields = RECORD[past.kind] | ({"task_info"} if order and field(order.body, "external_task_id") else set[str]())
    ended_well = past.kind is not Kie and state(past, record) == "succeeded"
    yield from differing(record, fields | ({"task_result"} if ended_well else set[str]()))


def states_are_words_of_the_document(past: History, exchange: Exchange) -> Iterator[str]:
    record = past.door.record_in(exchange.answer)
    if past.kind.state in record and state(past, record) not in STAGES:
        yield f"{record[past.kind.state]!r} is no state"


def states_go_forward(past: History, exchange: Exchange) -> Iterator[str]:
    """A task that has ended stays as it is."""
    record = past.door.record_in(exchange.answer)
    before = past.records.get(str(past.door.id_in(exchange.answer)), [{}])[-1]
    stages = [STAGES.get(state(past, one), 0) for one in (before, record)]
    if stages[0] > stages[1]:
        yield f"after {state(past, before)} comes {state(past, record)}"
    if before and stages == [2, 2] and before != record:
        yield "a task that has ended has changed"


def times_are_milliseconds(past: History, exchange: Exchange) -> Iterator[str]:
    record = past.door.record_in(exchange.answer)
    moments = {name: record[name] for name in MOMENTS if record.get(name) is not None}
    if not moments.keys() & {"createTime", "created_at"}:
        yield "no time is told"
    wrong = [moment for moment in moments.values() if type(moment) is not int or moment not in YEARS]
    yield from (f"{moment!r} is no time in milliseconds" for moment in wrong)
    if wrong or len(moments) < 2:
        return
    began, ended = moments.values()
    if ended < began:
        yield "it ended before it began"
    if past.kind is Kie and record.get("costTime") != ended - began:
        yield "the time it took is another one"


def kies_records_hold_the_request(past: History, exchange: Exchange) -> Iterator[str]:
    record = past.door.record_in(exchange.answer)
    order = past.made.get(str(record.get("taskId")))
    try:
        held = json.loads(record.get("param") or "")
    except (TypeError, ValueError):
        held = UNREADABLE
    if order is None or held != order.body:
        yield "param is not the request"
    elif record.get("model") != order.body["model"]:
        yield "another model"


def results_come_with_success_alone(past: History, exchange: Exchange) -> Iterator[str]:
    record = past.door.record_in(exchange.answer)
    found = urls(past, record)
    if state(past, record) != "succeeded":
        if found is not None:
            yield "a result, and no success"
    elif not isinstance(found, list) or not found or not all(isinstance(url, str) and FILMS in url for url in found):
        yield f"the result of a success is {found!r}"


def reasons_come_with_failure_alone(past: History, exchange: Exchange) -> Iterator[str]:
    record = past.door.record_in(exchange.answer)
    failed = state(past, record) == "failed"
    if past.kind is Kie:
        told = [record.get("failCode"), record.get("failMsg")]
        if any(bool(word) is not failed or not isinstance(word, str | None) for word in told):
            yield f"the reason is {told}"
    elif failed and not record.get("task_status_msg"):
        yield "no reason"


def films_are_videos(past: History, exchange: Exchange) -> Iterator[str]:
    content = exchange.answer_content
    if (exchange.status, exchange.answer_type, content[4:8]) != (200, "video/mp4", b"ftyp"):
        yield f"{exchange.status} {exchange.answer_type} {content[:12]!r}"
    if exchange.answer_headers.get("content-length") != str(len(content)):
        yield "another length than is told"
