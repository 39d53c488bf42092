"""Classify a changed fact by its impact on clients of the API as it was: breaking or additive.

A change breaks if requests may be rejected that were accepted (less is allowed, more is required, or a default is
another), or if responses may lack what they had or mean something else. Additions are additive, and so are all changes
of samples as such. Where a page contradicts itself, the worse is assumed.
"""

from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeAlias

from scripts.documents import Value, is_conflict
from scripts.documents.facts import canonical
from scripts.facts.sheets import FactValues

Impact: TypeAlias = Literal["breaking", "additive"]
Rule: TypeAlias = Callable[[Value, Value], bool]
"""Whether a change from one value to another breaks a client; None stands for a fact that is not stated."""


def any_change(_: Value, __: Value) -> bool:
    """Every change breaks."""
    return True


def no_change(_: Value, __: Value) -> bool:
    """No change breaks."""
    return False


def stated_value_changed(was: Value, _: Value) -> bool:
    """Whether a stated value was removed or replaced."""
    return was is not None


def newly_set(was: Value, now: Value) -> bool:
    """Whether a flag (required, unique items) is set that was not."""
    return bool(now) and not was


def no_longer_set(was: Value, now: Value) -> bool:
    """Whether a flag is gone that was set."""
    return bool(was) and not now


def value_removed(was: Value, now: Value) -> bool:
    """Whether a value of a list is gone, or the list itself."""
    return bool({*map(canonical, was or ())} - {*map(canonical, now or ())})


def choices_narrowed(was: Value, now: Value) -> bool:
    """Whether a choice is gone, or there is a list of choices where there was none."""
    return now is not None and (was is None or value_removed(was, now))


def maximum_lowered(was: Value, now: Value) -> bool:
    """Whether a maximum is new or lower."""
    return now is not None and (was is None or now < was)


def minimum_raised(was: Value, now: Value) -> bool:
    """Whether a minimum is new or higher."""
    return now is not None and (was is None or now > was)


def rule_added_or_changed(was: Value, now: Value) -> bool:
    """Whether a rule (pattern, step, format) is new or different."""
    return now is not None and canonical(was) != canonical(now)


def known_limit_lowered(was: Value, now: Value) -> bool:
    """Whether a documented limit is lower; one that is documented for the first time does not count."""
    return was is not None and now is not None and now < was


def interval_lengthened(was: Value, now: Value) -> bool:
    """Whether the shortest polling interval grew, so that clients with the old interval poll too often."""
    return was is not None and now is not None and min(now) > min(was)


REQUEST_RULES: Mapping[str, Rule] = {
    "type": stated_value_changed,
    "required": newly_set,
    "default": stated_value_changed,
    "enum": choices_narrowed,
    "open": no_longer_set,
    "max_length": maximum_lowered,
    "min_length": minimum_raised,
    "maximum": maximum_lowered,
    "minimum": minimum_raised,
    "exclusive_maximum": maximum_lowered,
    "exclusive_minimum": minimum_raised,
    "max_words": maximum_lowered,
    "max_items": maximum_lowered,
    "min_items": minimum_raised,
    "unique_items": newly_set,
    "pattern": rule_added_or_changed,
    "min_bytes": minimum_raised,
    "max_pixels": maximum_lowered,
    "min_pixels": minimum_raised,
    "step": rule_added_or_changed,
    "format": rule_added_or_changed,
    "items": stated_value_changed,
    "unit": stated_value_changed,
    "described_as": no_longer_set,
    "media_types": choices_narrowed,
    "max_bytes": maximum_lowered,
    "in": any_change,
    "nullable": no_longer_set,
    "stated_by": no_change,
    "sample": no_change,
}
RESPONSE_RULES: Mapping[str, Rule] = {
    "type": stated_value_changed,
    "required": no_longer_set,
    "enum": value_removed,
    "open": no_change,
    "format": stated_value_changed,
    "items": stated_value_changed,
    "unit": stated_value_changed,
    "nullable": no_change,
    "stated_by": no_change,
}
OPERATION_RULES: Mapping[str, Rule] = {
    "method": any_change,
    "path": any_change,
    "host": stated_value_changed,
    "content_type": stated_value_changed,
    "body_required": newly_set,
    "open": no_longer_set,
    "status": stated_value_changed,
}
RULES_BY_PLACE: Mapping[str, Mapping[str, Rule]] = {
    "auth": {},
    "codes": {"enum": value_removed, "success": stated_value_changed},
    "callback": {"field": stated_value_changed, "method": stated_value_changed},
    "polling": {
        "seconds": interval_lengthened,
        "schedule": stated_value_changed,
        "timeout_seconds": known_limit_lowered,
        "queries_per_second": known_limit_lowered,
    },
    "results": {"lifetime_hours": known_limit_lowered},
    "models": {"features": value_removed, "name": no_change},
    "headers": REQUEST_RULES,
    "request": REQUEST_RULES,
    "response": RESPONSE_RULES,
}
"""First part of a place (without ``query.``) -> name of a fact -> rule; what has none breaks by any change."""


def impact_of_fact(place: str, name: str, was: Value, now: Value) -> Impact:
    """The impact of a changed fact; None stands for a fact that is not stated."""
    if place in ("request.sample", "response.sample"):
        return "additive"
    if is_conflict(was) or is_conflict(now) or not _comparable(was, now):
        return "breaking"
    rules = OPERATION_RULES if place in ("request", "response") else RULES_BY_PLACE.get(place.partition(".")[0], {})
    return "breaking" if rules.get(name.removeprefix("items."), any_change)(was, now) else "additive"


def impact_of_place(place: str, was: FactValues | None, now: FactValues | None) -> Impact:
    """The impact of a field, header or model that is new or gone."""
    if place.endswith(".sample"):
        return "additive"
    needed = place.startswith(("request.", "headers.")) and (now or {}).get("required", False) is not False
    return "breaking" if was is not None or needed else "additive"


def _comparable(was: Value, now: Value) -> bool:
    """Whether both are numbers, or lists, or of one type, or not stated."""
    kinds: set[Any] = {int if isinstance(value, float) else type(value) for value in (was, now) if value is not None}
    return len(kinds) < 2
