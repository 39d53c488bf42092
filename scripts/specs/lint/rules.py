"""The lint of the specs: all rules of this project, and the validity of a spec as OpenAPI.

A rule is a function that takes an `Index` and yields findings: the JSON pointer of a place, and a sentence. The first
line of its docstring states what must hold. The rules on sources keep the transcription honest; the others keep out
shapes that the generator drops silently, responses that an unknown word would make unreadable, and examples that
name real hosts.
"""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from openapi_spec_validator import OpenAPIV31SpecValidator

from scripts.specs.baseline import escaped
from scripts.specs.lint import between, keys, schemas, sources, structure, values
from scripts.specs.lint.index import Finding, Rule, index
from scripts.specs.spec import Spec

RULES: tuple[Rule, ...] = (*between.RULES, *keys.RULES, *sources.RULES, *structure.RULES, *schemas.RULES, *values.RULES)


def problems(api: str, spec: Spec) -> list[str]:
    """Return every violation of a rule as file, JSON pointer and sentence.

    References that lead nowhere hide all else. If a rule cannot read the spec at all, return the violations of OpenAPI
    instead; otherwise these are left to `validity`, which takes longer.
    """
    try:
        found = list(structure.references(spec)) or list(_violations(spec))
    except (AttributeError, LookupError, TypeError, ValueError):
        if invalid := validity(api, spec):
            return invalid
        raise
    return _format(api, found)


def validity(api: str, spec: Spec) -> list[str]:
    """Return every violation of OpenAPI 3.1."""
    version = str(spec.get("openapi"))
    if not version.startswith("3.1."):
        return _format(api, [("/openapi", f"{version!r} is not 3.1")])
    try:
        errors: list[Any] = list(OpenAPIV31SpecValidator(spec).iter_errors())
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        return _format(api, [("", f"is not OpenAPI: {type(error).__name__} {error}")])
    reported = ((error.absolute_path, error.message.partition("\n")[0]) for error in errors)
    return _format(api, ((_pointer(path), f"is not OpenAPI: {why}") for path, why in reported))


def _violations(spec: Spec) -> Iterator[Finding]:
    it = index(spec)
    return chain.from_iterable(rule(it) for rule in RULES)


def _format(api: str, found: Iterable[Finding]) -> list[str]:
    return list(dict.fromkeys(f"{api}.yaml#{where}: {why}" for where, why in found))


def _pointer(path: Iterable[str | int]) -> str:
    return "".join(f"/{escaped(str(part))}" for part in path)
