"""What the schemas of a request and of an answer say beside their fields: the callback, the model, the codes."""

from collections.abc import Mapping
from typing import Any

from scripts.documents.facts import Facts
from scripts.documents.fields.json_schema import Schema, resolved, tell_body
from scripts.documents.markdown.blocks import narrow
from scripts.documents.operations.callbacks import callback_name, tell_method
from scripts.documents.operations.codes import tell_codes_in
from scripts.documents.operations.models import tell_model_in
from scripts.documents.operations.page import MODEL


def tell_request(facts: Facts, where: str, schema: Schema, root: Schema) -> None:
    """Tell the body of a request."""
    tell_body(facts, where, schema, root)
    fields = resolved(schema, root).get("properties", {})
    if where != "request":
        return
    if name := callback_name(map(str, fields)):
        tell_method(facts, name, _description(fields[name], root).splitlines())
    for name in filter(MODEL.fullmatch, map(str, fields)):
        tell_model_in(facts, f"request.{name}", _description(fields[name], root))


def tell_answer(facts: Facts, where: str, schema: Schema, root: Schema) -> None:
    """Tell the body of an answer."""
    tell_body(facts, where, schema, root)
    code = resolved(schema, root).get("properties", {}).get("code")
    if isinstance(code, Mapping):
        tell_codes_in(facts, _description(code, root))


def _description(schema: Mapping[str, Any], root: Schema) -> str:
    return narrow(str(resolved(schema, root).get("description", "")))
