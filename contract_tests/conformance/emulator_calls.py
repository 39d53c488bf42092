"""What must hold of callbacks."""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from attrs import frozen

from contract_tests.conformance.emulator_history import History
from contract_tests.conformance.emulator_reading import Fault, field, state
from contract_tests.emulator.kit import Kie
from scripts.checks.exchanges import Exchange
from scripts.checks.undeclared import gaps
from scripts.specs.spec import creating


@frozen
class Call:
    """A callback as it came, and what was told of the task right after."""

    body: Any
    record: Exchange


def judge_calls(past: History, calls: Iterable[Call], words: Iterable[str]) -> Iterator[Fault]:
    """Hold the callbacks of one task to what the documents say; `words` are the states that they are to tell of."""
    listed = list(calls)
    told = [state(past, _told(past, call.body)) for call in listed]
    if told != list(words):
        yield Fault("callbacks_tell_of_each_change", f"they told of {told}, not of {list(words)}")
    for call in listed:
        (item,) = chain(*(one.values() for one in creating(past.spec).node["callbacks"].values()))
        schema = item["post"]["requestBody"]["content"]["application/json"]["schema"]
        for gap in gaps(past.spec, schema, call.body, "callback", named=past.door.named):
            yield Fault("callbacks_are_what_the_spec_declares", gap)
        whole = call.record.answer if past.kind is Kie else past.door.record_in(call.record.answer)
        if call.body != whole:
            yield Fault("callbacks_say_what_a_question_would", f"{call.body} and {whole}")


def _told(past: History, body: Any) -> dict[str, Any]:
    told = field(body, "data") if past.kind is Kie else body
    return told if isinstance(told, dict) else {}
