"""What a changed fact means for clients of the API as it was: breaking or additive.

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


def contradicted(was: Value, _: Value) -> bool:
    """A stated value is gone, or another."""
    return was is not None


def demanded(was: Value, now: Value) -> bool:
    """What could be left out no longer can."""
    return bool(now) and not was


def relieved(was: Value, now: Value) -> bool:
    """What was always there need not be."""
    return bool(was) and not now


def lost(was: Value, now: Value) -> bool:
    """A value of a list is gone, or the list itself."""
    return bool({*map(canonical, was or ())} - {*map(canonical, now or ())})


def narrowed(was: Value, now: Value) -> bool:
    """A choice is gone, or there is a list of choices where there was none."""
    return now is not None and (was is None or lost(was, now))


def lowered(was: Value, now: Value) -> bool:
    """The most that is allowed is less."""
    return now is not None and (was is None or now < was)


def raised(was: Value, now: Value) -> bool:
    """The least that is allowed is more."""
    return now is not None and (was is None or now > was)


def asserted(was: Value, now: Value) -> bool:
    """A rule is new, or another."""
    return now is not None and canonical(was) != canonical(now)


def tightened(was: Value, now: Value) -> bool:
    """A known limit is lower; one that becomes known contradicts nothing."""
    return was is not None and now is not None and now < was


def hurried(was: Value, now: Value) -> bool:
    """Clients that keep to the old interval poll too often now."""
    return was is not None and now is not None and min(now) > min(was)


REQUEST: Mapping[str, Rule] = {
    "type": contradicted,
    "required": demanded,
    "default": contradicted,
    "enum": narrowed,
    "open": relieved,
    "max_length": lowered,
    "min_length": raised,
    "maximum": lowered,
    "minimum": raised,
    "exclusive_maximum": lowered,
    "exclusive_minimum": raised,
    "max_words": lowered,
    "max_items": lowered,
    "min_items": raised,
    "unique_items": demanded,
    "pattern": asserted,
    "min_bytes": raised,
    "max_pixels": lowered,
    "min_pixels": raised,
    "step": asserted,
    "format": asserted,
    "items": contradicted,
    "unit": contradicted,
    "described_as": relieved,
    "media_types": narrowed,
    "max_bytes": lowered,
    "in": any_change,
    "nullable": relieved,
    "stated_by": no_change,
    "sample": no_change,
}
RESPONSE: Mapping[str, Rule] = {
    "type": contradicted,
    "required": relieved,
    "enum": lost,
    "open": no_change,
    "format": contradicted,
    "items": contradicted,
    "unit": contradicted,
    "nullable": no_change,
    "stated_by": no_change,
}
EXCHANGE: Mapping[str, Rule] = {
    "method": any_change,
    "path": any_change,
    "host": contradicted,
    "content_type": contradicted,
    "body_required": demanded,
    "open": relieved,
    "status": contradicted,
}
PLACES: Mapping[str, Mapping[str, Rule]] = {
    "auth": {},
    "codes": {"enum": lost, "success": contradicted},
    "callback": {"field": contradicted, "method": contradicted},
    "polling": {
        "seconds": hurried,
        "schedule": contradicted,
        "timeout_seconds": tightened,
        "queries_per_second": tightened,
    },
    "results": {"lifetime_hours": tightened},
    "models": {"features": lost, "name": no_change},
    "headers": REQUEST,
    "request": REQUEST,
    "response": RESPONSE,
}
"""First part of a place (without ``query.``) -> name of a fact -> rule; what has none breaks by any change."""


def impact_of_fact(place: str, name: str, was: Value, now: Value) -> Impact:
    """The impact of a changed fact; None stands for a fact that is not stated."""
    if place in ("request.sample", "response.sample"):
        return "additive"
    if is_conflict(was) or is_conflict(now) or not _comparable(was, now):
        return "breaking"
    rules = EXCHANGE if place in ("request", "response") else PLACES.get(place.partition(".")[0], {})
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
