"""The models of every API, with the options of their requests: read from the specs that `klingkit_api` carries."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from importlib import import_module
from importlib.resources import files
from typing import Any, Final, NoReturn, TypeAlias, cast

from attrs import evolve, field, fields_dict, frozen

from klingkit._base import APIS, invalid
from klingkit._models import Job

__all__ = ["Model", "Option", "build_request", "find_model", "models"]

Node: TypeAlias = Mapping[str, Any]

SPEC: Final = "openapi.json"
UNTYPED: Final = "catalogue.json"
"""Models that are known, and not typed; not every API has some."""
NAMED: Final = "model_name"
"""The field of a request that names its model, if the request does so itself."""
NO_LIMITS: Final = frozenset(
    {"$ref", "type", "enum", "const", "default", "items", "anyOf", "allOf", "properties", "required"}
    | {"additionalProperties", "description", "examples"}
)
"""The keywords of a schema that say something else than a limit of a value."""


@frozen
class Option:
    """One option of a request, as its schema has it."""

    name: str
    """As on the wire: `camera_control.type` is within an object, `multi_prompt[].prompt` in each one of a list."""
    type: str
    """The JSON type: string, integer, number, boolean, array."""
    choices: tuple[Any, ...] = ()
    """The values to choose from, in the order of the document."""
    is_open: bool = False
    """Whether any other value of its type will do as well."""
    default: Any = None
    """The value of an option that is left out; None: it has none."""
    required: bool = False
    """Whether it must be there, within the object that holds it."""
    limits: Mapping[str, Any] = field(factory=dict[str, Any])
    """Its limits by their keywords in JSON Schema: `maxLength`, `minimum`, `multipleOf`, `format` ..."""
    max_bytes: int | None = None
    """Of the address of a file: the size in bytes that the file may have; None: not stated."""
    media_types: tuple[str, ...] = ()
    """Of the address of a file: the media types that it may have; empty: not stated."""
    items: Option | None = None
    """Of a list of plain values: what each of them is."""
    description: str = ""
    source: tuple[str, ...] = ()
    """Places in documents, by their number; or observations, as `field: <id>`."""


@frozen
class Model:
    """A model of an API."""

    api: str
    """The name of the API, and of its module in `klingkit`."""
    name: str
    """The id, as the API knows it."""
    request: type | None
    """The class of its requests; None: it is known, but not typed, and `Job` sends its requests unchecked."""
    options: tuple[Option, ...] = ()
    rules: tuple[str, ...] = ()
    """The rules between options, in words."""
    retired: date | None = None
    """The day since which the vendor's own service refuses it."""
    document: str = ""
    """The vendor's document that describes it; empty if none is known."""
    description: str = ""


def models(api: str | None = None) -> tuple[Model, ...]:
    """List the models of every API, or of one: typed ones in the order of the documents, then those known by name.

    Raises:
        InvalidRequest: There is no such API.
    """
    if api is not None and api not in APIS:
        raise invalid("api", f"one of {', '.join(APIS)}", api)
    return tuple(model for name in APIS if api in (None, name) for model in _models(name))


def find_model(name: str, api: str | None = None) -> Model:
    """Return a model by its id; of several APIs that have it, from the first, of which kie comes before native.

    Raises:
        InvalidRequest: There is no such API, or it has no such model: the text names the class of another API that has
            it, or the nearest ids.
    """
    found = [model for model in models(api) if model.name == name]
    return found[0] if found else _raise_unknown(name, api)


def build_request(model: Model, fields: Mapping[str, Any]) -> Any:
    """Make the request of a model, which checks its fields; what the API requires and has a default for is stated.

    Raises:
        InvalidRequest: A field is missing, or its value is not allowed.
    """
    if model.request is None:
        return Job(model.name, fields)
    kind: Any = model.request
    defaults = {option.name: option.default for option in model.options if option.required}
    stated = {name: value for name, value in defaults.items() if value is not None and "." not in name}
    named = {NAMED: model.name} if NAMED in fields_dict(kind) else {}
    return kind.from_dict({**named, **stated, **fields})


def _raise_unknown(name: str, api: str | None) -> NoReturn:
    elsewhere = next((model for model in models() if model.name == name and model.request), None)
    if elsewhere and elsewhere.request:
        limit = f"a model of {api}; it is one of klingkit.{elsewhere.api}: use {elsewhere.request.__name__}"
        raise invalid("model", limit, name)
    from difflib import get_close_matches  # noqa: PLC0415 - for this error alone

    nearest = get_close_matches(str(name), list(dict.fromkeys(model.name for model in models(api))), cutoff=0.4)
    perhaps = f", perhaps {' or '.join(nearest)}" if nearest else ""
    raise invalid("model", f"one that is known{perhaps}; a Job sends any other", name)


@cache
def _models(api: str) -> tuple[Model, ...]:
    folder = files(f"klingkit_api.{api}")
    spec: Node = json.loads((folder / SPEC).read_text("utf-8"))
    requests = import_module(f"klingkit_api.{api}.requests")
    untyped: Node = json.loads((folder / UNTYPED).read_text("utf-8")) if (folder / UNTYPED).is_file() else {}
    known = (Model(api, name, None, description=text) for name, text in untyped.items())  # observed.md: kie-omni
    return (*_typed(api, spec, vars(requests)), *known)


def _typed(api: str, spec: Node, requests: Mapping[str, Any]) -> Iterator[Model]:
    schemas: Node = spec["components"]["schemas"]
    retired: Node = {}
    if "MODELS" in requests:
        named = cast("Mapping[str, type]", requests["MODELS"])
        pairs = [(name, kind.__name__) for name, kind in named.items()]
    else:
        request = next(name for name in requests["__all__"] if NAMED in schemas.get(name, {}).get("properties", {}))
        named_by = schemas[request]["properties"][NAMED]
        pairs, retired = [(name, request) for name in named_by["enum"]], named_by.get("x-retired", {})
    for name, request in pairs:
        schema = schemas[request]
        yield Model(
            api=api,
            name=name,
            request=requests[request],
            options=tuple(option for option in _options(spec, schema) if option.name != NAMED),
            rules=tuple(_rules(spec, schema)),
            retired=date.fromisoformat(retired[name]) if name in retired else None,
            document=spec["info"]["x-documents"].get(_source(schema)[0].partition(":")[0], ""),
            description=schema.get("description", ""),
        )


def _options(spec: Node, schema: Node, prefix: str = "") -> Iterator[Option]:
    """Yield the options of an object; one that is an object, or a list of objects, is replaced by its own options."""
    for name, node in schema.get("properties", {}).items():
        inner, path = _documented(spec, node), f"{prefix}{name}"
        items = _resolved(spec, _resolved(spec, node).get("items", {}))
        if "properties" in inner:
            yield from _options(spec, inner, f"{path}.")
            continue
        yield evolve(_option(spec, node, path), required=name in schema.get("required", ()))
        if "properties" in items:
            yield from _options(spec, items, f"{path}[].")


def _option(spec: Node, node: Node, name: str) -> Option:
    rule = _resolved(spec, node)
    forms = [_resolved(spec, part) for part in rule.get("anyOf", [rule])]
    items = _resolved(spec, rule.get("items", {}))
    return Option(
        name=name,
        type=forms[0]["type"],
        choices=tuple(choice for form in forms for choice in _choices(form)),
        is_open=len(forms) > 1 and not all(map(_choices, forms)),
        default=node.get("default", rule.get("default")),
        limits={key: value for key, value in rule.items() if key not in NO_LIMITS and not key.startswith("x-")},
        max_bytes=rule.get("x-max-bytes"),
        media_types=tuple(rule.get("x-media-types", ())),
        items=_option(spec, items, f"{name}[]") if "type" in items and "properties" not in items else None,
        description=node.get("description", rule.get("description", "")),
        source=_source(node),
    )


def _choices(rule: Node) -> list[Any]:
    return [rule["const"]] if "const" in rule else rule.get("enum", [])


def _rules(spec: Node, schema: Node, place: str = "") -> Iterator[str]:
    """Yield the rules between the fields of an object, then those of the objects within it, each with its place."""
    for rule in schema.get("x-rules", ()):
        yield place + _rule_in_words(rule)
    yield from (f"{place}{part['description']}" for part in schema.get("allOf", ()) if "if" in part)
    for name, node in schema.get("properties", {}).items():
        inner = _resolved(spec, _resolved(spec, node).get("items", node))
        if "properties" in inner:
            yield from _rules(spec, inner, f"{place}`{name}`: ")


def _rule_in_words(rule: Node) -> str:
    if "sum" in rule:
        return f"`{rule['sum']}` adds up to `{rule['equals']}`."
    (more, less), (last, first) = rule["difference"], rule["defaults"]
    return f"`{more}` - `{less}` is {rule['minimum']} to {rule['maximum']}; left out, they are {last} and {first}."


def _source(node: Node) -> tuple[str, ...]:
    stated = node.get("x-source", ())
    return (stated,) if isinstance(stated, str) else tuple(stated)


def _documented(spec: Node, node: Node) -> Node:
    """Return the form that the document gives; in a union with observed forms it comes first."""
    rule = _resolved(spec, node)
    return _resolved(spec, rule["anyOf"][0]) if "anyOf" in rule else rule


def _resolved(spec: Node, node: Node) -> Node:
    """Return the schema itself, or the component that it refers to."""
    name = node.get("$ref", "").rpartition("/")[2]
    return cast("Node", spec["components"]["schemas"][name]) if name else node
