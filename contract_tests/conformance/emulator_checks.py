"""What must hold of each exchange with the emulator, by the documents; where schemathesis is blind, this is not."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from attrs import frozen

from contract_tests.conformance import emulator_records as on
from contract_tests.conformance.emulator_history import History
from contract_tests.conformance.emulator_reading import Fault, differing, field
from contract_tests.emulator.kit import Kie, Native, Relay
from scripts.checks.exchanges import UNREADABLE, Exchange, shape
from scripts.checks.undeclared import gaps
from scripts.specs.spec import Operation, asking, creating, resolved

ENVELOPE: Final = {
    Kie: {"code", "msg", "data"},
    Native: set[str](),
    Relay: {"code", "message", "request_id", "data"},
}
"""What is around a record."""
REFUSAL: Final = {**ENVELOPE, Native: {"code", "message", "request_id"}}
SUCCESS: Final = {Kie: 200, Native: None, Relay: 0}
"""The code of an answer that is no error; None: there is none."""


@frozen
class Check:
    """One thing that must hold: of what exchanges, and what is wrong with one."""

    of: Callable[[History, Exchange], bool]
    wrong: Callable[[History, Exchange], Iterable[str]]

    @property
    def name(self) -> str:
        return self.wrong.__name__


def judge(past: History, exchanges: Iterable[Exchange], judged: dict[str, int] | None = None) -> list[Fault]:
    """Hold each exchange to every check, in order; count in `judged` how many each check had to do with."""
    found: list[Fault] = []
    for exchange in exchanges:
        for check in CHECKS:
            if check.of(past, exchange):
                if judged is not None:
                    judged[check.name] = judged.get(check.name, 0) + 1
                found += [Fault(check.name, f"{what}: {exchange}") for what in check.wrong(past, exchange)]
        past.learn(exchange)
    return found


# Of what


def of_the_api(past: History, exchange: Exchange) -> bool:
    return not exchange.path.startswith(on.FILMS)


def with_a_body(past: History, exchange: Exchange) -> bool:
    return of_the_api(past, exchange) and exchange.method != "HEAD"


def refusals(past: History, exchange: Exchange) -> bool:
    return with_a_body(past, exchange) and exchange.status >= 400


def successes(past: History, exchange: Exchange) -> bool:
    return of_the_api(past, exchange) and exchange.status == 200


def creations(past: History, exchange: Exchange) -> bool:
    return past.door.creates(exchange) and exchange.status == 200


def records(past: History, exchange: Exchange) -> bool:
    return past.door.asked(exchange) is not None and exchange.status == 200


def questions(past: History, exchange: Exchange) -> bool:
    return past.door.asked(exchange) is not None and past.is_let_in(exchange)


def orders(past: History, exchange: Exchange) -> bool:
    return past.is_ordered(exchange)


def declared(past: History, exchange: Exchange) -> bool:
    return past.is_served(exchange)


def strangers(past: History, exchange: Exchange) -> bool:
    return past.is_served(exchange) and not past.is_let_in(exchange)


def strays(past: History, exchange: Exchange) -> bool:
    return of_the_api(past, exchange) and not past.is_served(exchange)


def unreadable(past: History, exchange: Exchange) -> bool:
    return past.door.creates(exchange) and past.is_let_in(exchange) and not past.is_ordered(exchange)


def films(past: History, exchange: Exchange) -> bool:
    return exchange.path.startswith(on.FILMS) and exchange.method == "GET"


# Envelopes


def answers_are_json(past: History, exchange: Exchange) -> Iterator[str]:
    if exchange.answer_type != "application/json" or not isinstance(exchange.answer, dict):
        yield f"{exchange.answer_type} instead of a JSON object"


def refusals_have_a_code_of_the_document(past: History, exchange: Exchange) -> Iterator[str]:
    told = (exchange.status, field(exchange.answer, "code"))
    if told not in past.kind.codes.values() or isinstance(told[1], bool):
        yield f"status and code are {told}"


def refusals_bring_no_data(past: History, exchange: Exchange) -> Iterator[str]:
    if field(exchange.answer, "data") is not None:
        yield "data on an error"


def refusals_have_exactly_these_fields(past: History, exchange: Exchange) -> Iterator[str]:
    yield from differing(exchange.answer, REFUSAL[past.kind])


def refusals_say_why(past: History, exchange: Exchange) -> Iterator[str]:
    word = field(exchange.answer, "msg" if past.kind is Kie else "message")
    if not isinstance(word, str) or not word:
        yield f"{word!r} is no reason"


def no_error_hides_in_a_200(past: History, exchange: Exchange) -> Iterator[str]:
    if field(exchange.answer, "code") != SUCCESS[past.kind]:
        yield "another code than that of success"


def envelopes_have_exactly_these_fields(past: History, exchange: Exchange) -> Iterator[str]:
    if past.kind is not Native:
        yield from differing(exchange.answer, ENVELOPE[past.kind])


def answers_are_what_the_spec_declares(past: History, exchange: Exchange) -> Iterator[str]:
    if shape(exchange) in past.declared:
        return
    past.declared.add(shape(exchange))
    operation = creating(past.spec) if past.door.creates(exchange) else asking(past.spec)
    schema = _schema(past, operation, exchange.status)
    if schema is None:
        yield "a status that is not declared"
    elif exchange.answer is not UNREADABLE:
        yield from gaps(past.spec, schema, exchange.answer, "answer", named=past.door.named)


def _schema(past: History, operation: Operation, status: int) -> Any:
    answer = operation.node["responses"].get(str(status))
    return answer and resolved(past.spec, answer)["content"]["application/json"]["schema"]


# Keys, addresses, bodies


def strangers_are_sent_away(past: History, exchange: Exchange) -> Iterator[str]:
    header = exchange.headers.get("authorization", "")
    whole = re.fullmatch("[!-~]+", exchange.key or "")
    problem = "no key" if not header else "unknown key" if whole else "odd key"
    if (exchange.status, field(exchange.answer, "code")) != past.kind.codes[problem]:
        yield f"{problem}, and it is not told"
    if exchange.answer_headers.get("www-authenticate") != "Bearer":
        yield "no word of how to authenticate"


def wrong_addresses_are_told(past: History, exchange: Exchange) -> Iterator[str]:
    known = past.door.knows(exchange.path)
    status, code = past.kind.codes["method" if known else "path"]
    if exchange.status != status or (exchange.method != "HEAD" and field(exchange.answer, "code") != code):
        yield f"expected {status} with code {code}"
    if known and exchange.answer_headers.get("allow") != ("POST" if exchange.path == past.door.create else "GET"):
        yield f"Allow is {exchange.answer_headers.get('allow')!r}"


def what_cannot_be_read_is_refused(past: History, exchange: Exchange) -> Iterator[str]:
    if (exchange.status, field(exchange.answer, "code")) != past.kind.codes["unreadable"]:
        yield "no JSON, and it is not told"


def orders_are_taken_if_the_spec_allows_them(past: History, exchange: Exchange) -> Iterator[str]:
    right = past.allows(exchange.body) and not past.is_taken(exchange)
    if right and exchange.status != 200:
        yield "the spec allows this"
    if not right and exchange.status == 200:
        yield "the spec does not allow this"


def refused_orders_are_told_apart(past: History, exchange: Exchange) -> Iterator[str]:
    """Whether the model, a field, or the whole of the body is amiss."""
    if exchange.status == 200:
        return
    name = "model" if past.kind is Kie else "model_name"
    model = field(exchange.body, name)
    unknown = isinstance(model, str) and model not in past.kind.models
    problems = ["value", "model"] if unknown else ["value"]
    problems = problems if isinstance(exchange.body, dict) else ["unreadable"]
    told = (exchange.status, field(exchange.answer, "code"))
    if told not in {past.kind.codes[problem] for problem in problems}:
        yield f"status and code are {told}"


def _kies(past: History, exchange: Exchange) -> bool:
    return past.kind is Kie and records(past, exchange)


CHECKS: Final = (
    Check(with_a_body, answers_are_json),
    Check(refusals, refusals_have_a_code_of_the_document),
    Check(refusals, refusals_bring_no_data),
    Check(refusals, refusals_have_exactly_these_fields),
    Check(refusals, refusals_say_why),
    Check(successes, no_error_hides_in_a_200),
    Check(successes, envelopes_have_exactly_these_fields),
    Check(declared, answers_are_what_the_spec_declares),
    Check(strangers, strangers_are_sent_away),
    Check(strays, wrong_addresses_are_told),
    Check(unreadable, what_cannot_be_read_is_refused),
    Check(orders, orders_are_taken_if_the_spec_allows_them),
    Check(orders, refused_orders_are_told_apart),
    Check(creations, on.ids_are_new_texts),
    Check(questions, on.tasks_are_found_by_their_owners_alone),
    Check(creations, on.creations_have_exactly_these_fields),
    Check(records, on.records_have_exactly_these_fields),
    Check(records, on.states_are_words_of_the_document),
    Check(records, on.states_go_forward),
    Check(records, on.times_are_milliseconds),
    Check(_kies, on.kies_records_hold_the_request),
    Check(records, on.results_come_with_success_alone),
    Check(records, on.reasons_come_with_failure_alone),
    Check(films, on.films_are_videos),
)
