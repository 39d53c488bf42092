"""The bodies of a request and a response by their schemas: fields, and the callback, models and codes."""

from collections.abc import Mapping
from typing import Any

from scripts.documents.facts import MODEL, Facts, mapping
from scripts.documents.fields.json_schema import read_body
from scripts.documents.fields.schema_parts import Schema, resolved
from scripts.documents.markdown.blocks import half_width
from scripts.documents.operations.callbacks import callback_name, read_callback_method
from scripts.documents.operations.codes import read_codes_in
from scripts.documents.operations.models import read_models_in


def read_request_body(facts: Facts, where: str, schema: Schema, root: Schema) -> None:
    """Read the body of a request at its place, such as `request` or `query.request`.

    Only the paid request, `request`, has a field for the callback, and one for the model.
    """
    read_body(facts, where, schema, root)
    fields = resolved(schema, root).get("properties", {})
    if where != "request":
        return
    if name := callback_name(map(str, fields)):
        read_callback_method(facts, name, _description(fields[name], root).splitlines())
    for name in filter(MODEL.fullmatch, map(str, fields)):
        read_models_in(facts, f"request.{name}", _description(fields[name], root))


def read_response_body(facts: Facts, where: str, schema: Schema, root: Schema) -> None:
    """Read the body of a response."""
    read_body(facts, where, schema, root)
    if code := mapping(resolved(schema, root).get("properties", {}).get("code")):
        read_codes_in(facts, _description(code, root))


def _description(schema: Mapping[str, Any], root: Schema) -> str:
    return half_width(str(resolved(schema, root).get("description", "")))
