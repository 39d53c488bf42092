"""Rules of our own for the specs, beside those of OpenAPI.

A rule is a function from an `Index` to what breaks it: the JSON pointer of a place, and a sentence. Each says in its
first line what must hold. The rules on sources keep the transcription honest; the others keep out shapes that the
generator drops silently, answers that an unknown word would make unreadable, and examples that nobody may copy.
"""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from openapi_spec_validator import OpenAPIV31SpecValidator

from scripts.specs.lint import schemas, sources, structure, values
from scripts.specs.lint.index import Finding, Rule, index
from scripts.specs.spec import Spec, escaped

RULES: tuple[Rule, ...] = (*sources.RULES, *structure.RULES, *schemas.RULES, *values.RULES)


def problems(api: str, spec: Spec) -> list[str]:
    """Whatever in a spec breaks a rule: file, JSON pointer, sentence; `validity` is apart, for it takes longer.

    References that lead nowhere hide the rest. What no rule can read at all is told as what it is not: OpenAPI.
    """
    try:
        found = list(structure.references(spec)) or list(_broken(spec))
    except (AttributeError, LookupError, TypeError, ValueError):
        if told := validity(api, spec):
            return told
        raise
    return _sentences(api, found)


def validity(api: str, spec: Spec) -> list[str]:
    """Whatever in a spec is not OpenAPI 3.1."""
    version = str(spec.get("openapi"))
    if not version.startswith("3.1."):
        return _sentences(api, [("/openapi", f"{version!r} is not 3.1")])
    try:
        errors: list[Any] = list(OpenAPIV31SpecValidator(spec).iter_errors())
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        return _sentences(api, [("", f"is not OpenAPI: {type(error).__name__} {error}")])
    told = ((error.absolute_path, error.message.partition("\n")[0]) for error in errors)
    return _sentences(api, ((_pointer(path), f"is not OpenAPI: {why}") for path, why in told))


def _broken(spec: Spec) -> Iterator[Finding]:
    it = index(spec)
    return chain.from_iterable(rule(it) for rule in RULES)


def _sentences(api: str, found: Iterable[Finding]) -> list[str]:
    return list(dict.fromkeys(f"{api}.yaml#{where}: {why}" for where, why in found))


def _pointer(path: Iterable[str | int]) -> str:
    return "".join(f"/{escaped(str(part))}" for part in path)
