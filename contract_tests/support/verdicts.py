"""Verdicts by the schemas of any specs."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import TypeAlias

import jsonschema_rs

from contract_tests.specs.documented import Request
from scripts.specs.spec import Spec

Verdict: TypeAlias = Callable[[str, str, object], bool]


def verdicts(specs: Mapping[str, Spec]) -> Verdict:
    """Whether a component schema of an API allows a value."""

    @cache
    def validator(api: str, name: str) -> jsonschema_rs.Draft202012Validator:
        schema = {"$ref": f"#/components/schemas/{name}", "components": specs[api]["components"]}
        return jsonschema_rs.Draft202012Validator(schema, validate_formats=True)

    return lambda api, name, value: validator(api, name).is_valid(value)


def taking(allows: Verdict, it: Request) -> Callable[..., bool]:
    """Whether a kind of request may have these fields beside the least that it must have."""
    return lambda **fields: allows(it.api, it.name, {**it.least, **fields})
