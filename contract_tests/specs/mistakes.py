"""Mistakes to plant in the specs, one or more for each rule of the lint, which must find them.

A place is a JSON pointer in short: ``Kling21Pro.prompt/type`` is the keyword of a field of a component schema; capitals
stand for the places below; ``native:`` and ``relay:`` name another API than kie.
"""

import copy
import re
from functools import cache
from typing import Any

from attrs import frozen

from scripts.specs.files import load
from scripts.specs.lint.values import PLACEHOLDER

REMOVED = object()
"""The value of an edit that removes the key or item."""
SHORT_POINTERS = {
    "POST": "/paths/~1api~1v1~1jobs~1createTask/post",
    "GET": "/paths/~1api~1v1~1jobs~1recordInfo/get",
    "TASK": "/paths/~1v1~1videos~1text2video~1{task_id}/get",
    "RELAYED": "/paths/~1kling~1v1~1videos~1text2video/post",
    "CALLBACKS": "/paths/~1api~1v1~1jobs~1createTask/post/callbacks",
    "CALLBACK": "/paths/~1api~1v1~1jobs~1createTask/post/callbacks/taskEnded/{$request.body#~1callBackUrl}/post",
    "JSON": "content/application~1json",
    "KEYS": "/components/securitySchemes",
    "RESPONSES": "/components/responses",
}


@frozen
class Mistake:
    """One edit of a spec that breaks a rule, and the message that the lint must give."""

    rule: str
    place: str
    value: object
    message: str
    where: str | None = None
    """Where the lint reports it, if that is not where the edited keyword stands."""

    @property
    def api(self) -> str:
        return self.place.partition(":")[0] if ":" in self.place.partition("/")[0] else "kie"

    @property
    def reported_at(self) -> str:
        """The JSON pointer at which the lint reports the mistake."""
        return pointer(self.place).rpartition("/")[0] if self.where is None else pointer(self.where)

    def __str__(self) -> str:
        return f"{self.rule}: {self.place}"


def pointer(place: str) -> str:
    """Expand a short place to a JSON pointer."""
    parts = re.sub(r"^(native|relay):", "", place).split("/")
    parts = [SHORT_POINTERS.get(part, part) for part in parts]
    if parts[0][:1].isupper():
        parts[0] = "/components/schemas/" + parts[0].replace(".", "/properties/")
    return "/".join(parts)


committed_spec = cache(load)
"""The committed spec of an API, loaded once; not to be changed."""


def edited_spec(api: str, place: str, value: object) -> Any:
    """Return a copy of a committed spec with one value set or removed."""
    spec = load(api)
    set_value(spec, place, value)
    return spec


def set_value(spec: Any, place: str, value: object) -> None:
    """Set one value in a spec, or remove it."""
    *path, last = [part.replace("~1", "/").replace("~0", "~") for part in pointer(place).split("/")[1:]]
    node = spec
    for part in path:
        node = node[int(part)] if isinstance(node, list) else node[part]
    if value is REMOVED:
        del node[int(last) if isinstance(node, list) else last]
    elif isinstance(node, list):
        node[int(last) : int(last) + 1] = [copy.deepcopy(value)]
    else:
        node[last] = copy.deepcopy(value)


OBJECT = {"type": "object", "x-source": "field: callback-acknowledged"}
URL = {"url": {"type": "string"}}
ACCEPT = {
    "in": "header",
    "name": "accept",
    "schema": {"type": "string", "x-source": "field: callback-acknowledged"},
    "x-source": "field: callback-acknowledged",
}
ALONE = {"allOf": [{"$ref": "#/components/schemas/Kling21Pro"}], "x-source": "field: callback-acknowledged"}
TWO_MODELS = [
    {"$ref": "#/components/schemas/CreateKling25TurboPro"},
    {"properties": {"model": {"const": "x", "default": "x", "x-source": "field: callback-acknowledged"}}},
]
BEARER: dict[str, list[str]] = {"bearerAuth": []}
LINK = "POST/responses/200/links/recordInfo"
BODY = "POST/requestBody/JSON"
FOUND = "GET/responses/200/JSON"
HOST = "native:/servers/0/variables/host"
NONE = "has no x-source"
MOVES = "relay:WireCameraMove.type"

SOURCES = [
    Mistake("missing_source", "Kling21Pro.prompt/x-source", REMOVED, NONE),
    Mistake("missing_source", "Kling21Pro.prompt/x-source", [], NONE),
    Mistake("missing_source", "RecordInfo/x-source", REMOVED, NONE),
    Mistake("missing_source", "POST/x-source", REMOVED, NONE),
    Mistake("missing_source", "CALLBACK/x-source", REMOVED, NONE),
    Mistake("missing_source", "POST/responses/200/x-source", REMOVED, NONE),
    Mistake("missing_source", "GET/parameters/0/x-source", REMOVED, NONE),
    Mistake("missing_source", "GET/parameters/0/schema/x-source", REMOVED, NONE),
    Mistake("missing_source", f"{HOST}/x-source", REMOVED, NONE),
    Mistake("missing_source", "KEYS/bearerAuth/x-source", REMOVED, NONE),
    Mistake("missing_source", "RESPONSES/NotFound/x-source", REMOVED, NONE),
    Mistake(
        "missing_source", "RecordInfo.state/anyOf/1/properties", URL, NONE, "RecordInfo.state/anyOf/1/properties/url"
    ),
    Mistake(
        *("missing_source", "TaskResult.resultUrls/items/properties", URL, NONE),
        "TaskResult.resultUrls/items/properties/url",
    ),
    Mistake(
        "malformed_source",
        "Kling21Pro.prompt/x-source",
        "002",
        "'002' is neither `field: <id>` nor `<document>: <place>`",
    ),
    Mistake("malformed_source", "Kling21Pro.prompt/x-source", "", "neither"),
    Mistake("malformed_source", "Kling21Pro.prompt/x-source", "002: ", "neither"),
    Mistake("malformed_source", "Kling21Pro.prompt/x-source", "field", "neither"),
    Mistake("malformed_source", "Kling21Pro.prompt/x-source", "field: ", "neither"),
    Mistake("malformed_source", "RecordInfo.state/x-source/1", "field: Kie states", "neither", "RecordInfo.state"),
    Mistake("malformed_source", "Kling21Pro.prompt/x-source", [2], "neither"),
    Mistake(
        "malformed_source",
        "Kling21Pro.prompt/x-source",
        ["field: kie-record", "field: kie-record"],
        "names a place twice",
    ),
    Mistake("unknown_document", "Kling21Pro.prompt/x-source", "001: request.prompt", "names document 001"),
    Mistake("unknown_document", "/info/x-documents/999", "a-page", "no x-source names document 999"),
    Mistake("unknown_document", "native:/info/x-documents", REMOVED, "names document 001", "Text2Video.prompt"),
    Mistake(
        "unknown_observation", "RecordInfo.progress/x-source", "field: kie-records", "observation kie-records, which"
    ),
    Mistake("unknown_observation", "native:Text2Video.mode/x-source", ["001: request.mode", "field: x"], "lacks"),
    Mistake(
        "values_of_observations", "native:CreateText2Video.external_task_id/maxLength", 9, "observations state None"
    ),
    Mistake("values_of_observations", "relay:WireCameraMove.type/enum", ["down_back"], "lacks the choice 'forward_up'"),
    Mistake(
        "values_of_observations", "relay:WireCameraMove.type/enum/4", "other", "has the choice 'other' that no", MOVES
    ),
    Mistake("values_of_observations", "RecordInfo.state/x-field-values", ["queuing"], "lacks the choice 'generating'"),
    Mistake(
        "values_of_observations", "ResponseCode/x-field-values", [433, 455], "has the choice 455 that no observation"
    ),
    Mistake(
        "values_of_observations",
        "native:ResponseCode/x-field-values",
        [0, 404, 429],
        "has the choice 429 that no observation",
    ),
    Mistake(
        "source_of_another_field",
        "Kling21Pro.prompt/x-source",
        "002: request.input.negative_prompt",
        "of another field",
    ),
    Mistake(
        "source_of_another_field",
        "RecordInfo.failMsg/x-source",
        ["000: query.response.data.failCode"],
        "of another field",
    ),
    Mistake(
        "one_field_one_source",
        "native:TaskData.created_at/x-source",
        "001: response.created_at",
        "does not name '001: query.response.created_at'",
        "TaskData.created_at",
    ),
    Mistake(
        "one_field_one_source",
        "native:Text2Video.model_name/x-source",
        ["001: request.model_name"],
        "does not name '001: models'",
    ),
    Mistake(
        "source_of_holder",
        "TaskCallback/x-source",
        "all: callback",
        "does not name '000: query.response', which holds its fields",
    ),
    Mistake(
        "source_of_holder",
        "native:CreateText2Video.duration/anyOf/0/x-source",
        REMOVED,
        "has a form in anyOf without an x-source",
        "native:CreateText2Video.duration",
    ),
    Mistake(
        "callback_sources",
        "TaskCallback/x-source",
        "000: query.response",
        "names no source of the callback",
        "CALLBACK/requestBody",
    ),
    Mistake("document_notes", "relay:RELAYED/x-source", "004: request", "names no document's place `headers`"),
    Mistake("no_titles", "Kling21Pro.prompt/title", "Prompt", "has a title"),
    Mistake("no_titles", "GET/parameters/0/schema/title", "任务", "has a title"),
    Mistake(
        "field_values",
        "RecordInfo.state/x-source",
        "000: query.response.data.state",
        "without an x-source `field: <id>`",
    ),
    Mistake("field_values", "RecordInfo.state/x-field-values", [], "empty or listed twice"),
    Mistake("field_values", "RecordInfo.state/x-field-values", ["queuing", "queuing"], "empty or listed twice"),
    Mistake("field_values", "native:ResponseCode/x-field-values", [0, 7], "has 7, which enum lacks"),
    Mistake(
        "retired_values", "native:Text2Video.model_name/x-source", "001: request.model_name", "x-retired without an"
    ),
    Mistake("retired_values", "native:Text2Video.model_name/x-retired", {}, "no object of choices"),
    Mistake("retired_values", "native:Text2Video.model_name/x-retired", {"v0": "2026-09-15"}, "'v0', which enum lacks"),
    Mistake(
        "retired_values", "native:Text2Video.model_name/x-retired", {"kling-v2-1": "soon"}, "'soon', which is no date"
    ),
    Mistake("document_notes", "relay:RELAYED/x-doc-headers/0/example", "a", "x-doc-headers has ['example'", "RELAYED"),
    Mistake("document_notes", "relay:CreateText2Video/x-doc-required", ["model"], "x-doc-required names 'model'"),
    Mistake("document_notes", "native:TASK/x-poll-seconds", [10, 5], "is not a least and a most"),
]

KEYS = [
    Mistake("known_keys", place, value, "is no key that is known here")
    for place, value in {
        "GET/parameters/0/style": "form",
        "GET/parameters/0/explode": True,
        "GET/parameters/0/allowReserved": True,
        "GET/parameters/0/deprecated": True,
        "GET/parameters/0/schema/x-sources": "000: query.request.taskId",
        "GET/deprecated": True,
        "GET/x-poll-second": [1, 2],
        "/paths/~1api~1v1~1jobs~1recordInfo/summary": "Query",
        "KEYS/bearerAuth/bearerFormat": "JWT",
        "RESPONSES/InvalidRequest/headers": {"Retry-After": {"schema": {"type": "integer"}}},
        "POST/requestBody/JSON/encoding": {"input": {"contentType": "text/plain"}},
        "POST/requestBody/JSON/examples/imageToVideo/externalValue": "https://studio.example/a.json",
        "POST/responses/200/links/recordInfo/server": {"url": "https://studio.example"},
        "Kling21Pro.prompt/x-Source": "002: request.input.prompt",
        "Kling21Pro.prompt/x-unit": "characters",
        "CALLBACK/externalDocs": {"url": "https://studio.example"},
        "/info/license": {"name": "MIT"},
        "/webhooks": {},
        "native:/servers/0/variables/host/x-source2": "field: official-hosts",
    }.items()
]

STRUCTURE = [
    Mistake("unused_component", "Spare", {**OBJECT, "additionalProperties": True}, "is used by nothing", "Spare"),
    Mistake("unused_component", f"{BODY}/schema/oneOf/1", REMOVED, "is used by nothing", "Kling21Pro"),
    Mistake("unused_component", "native:Text2Video/additionalProperties", True, "is used by nothing"),
    Mistake("unused_component", "native:Text2Video.seed", OBJECT, "is used by nothing", "Text2Video"),
    Mistake("unused_component", "RESPONSES/Gone", {"description": "Gone."}, "is used by nothing", "RESPONSES/Gone"),
    Mistake(
        "class_names", "/components/schemas/task_state", {"type": "string"}, "is no name of a class", "/components"
    ),
    Mistake("no_root_security", "/security", [BEARER], "has security at the root"),
    Mistake("operation_security", "POST/security", REMOVED, "has no security"),
    Mistake("operation_security", "POST/security", [], "needs no key"),
    Mistake("operation_security", "POST/security", [BEARER, {}], "needs no key"),
    Mistake("operation_security", "POST/security", [{"apiKey": []}], "'apiKey', which is no security scheme"),
    Mistake("operation_security", "CALLBACK/security", REMOVED, "has no security"),
    Mistake("operation_security", "CALLBACK/security", [BEARER], "nobody sends a key with a callback"),
    Mistake("unused_security_scheme", "KEYS/apiKey", {"type": "http"}, "is used by nothing", "KEYS/apiKey"),
    Mistake("operation_ids", "GET/operationId", "createTask", "'createTask' is not unique"),
    Mistake("operation_ids", "CALLBACK/operationId", "createTask", "'createTask' is not unique", "POST"),
    Mistake("operation_ids", "GET/operationId", REMOVED, "operationId None cannot name a module"),
    Mistake("operation_ids", "GET/operationId", "get record", "cannot name a module"),
    Mistake("operation_tags", "GET/tags", ["tasks"], "tag 'tasks' is not among the root's tags"),
    Mistake("operation_tags", "GET/tags", [], "has 0 tags"),
    Mistake("operation_tags", "/tags/1", {"name": "old"}, "tag 'old' is on no operation"),
    Mistake(
        "operation_parameters",
        "GET/parameters/1",
        ACCEPT,
        "ignores a header parameter named accept",
        "GET/parameters/1",
    ),
    Mistake(
        "operation_parameters",
        "native:TASK/parameters/0/name",
        "id",
        "'task_id' is in the path or in parameters",
        "TASK",
    ),
    Mistake("operation_parameters", "native:TASK/parameters/0/required", False, "in the path, but not required"),
    Mistake("operation_parameters", "GET/parameters/0/schema", REMOVED, "has no schema"),
    Mistake(
        "operation_parameters", "GET/parameters/1", {"in": "query", "name": "taskId"}, "'taskId' is listed twice", "GET"
    ),
    Mistake("response_statuses", "RESPONSES/NotFound/content", REMOVED, "has no schema", "POST/responses/404"),
    Mistake("response_statuses", "POST/responses/200", REMOVED, "has no response for success", "POST"),
    Mistake(
        "response_statuses", "POST/responses/20", {"description": "Odd."}, "'20' is no status", "POST/responses/20"
    ),
    Mistake("request_bodies", "POST/requestBody/required", False, "is not required"),
    Mistake("request_bodies", "CALLBACK/requestBody/required", REMOVED, "is not required"),
    Mistake("request_bodies", f"{BODY}/schema", REMOVED, "has no schema"),
    Mistake(
        "request_bodies", "POST/requestBody/content/text~1plain", {}, "is not application/json", "POST/requestBody"
    ),
    Mistake("server_variables", "/servers", [], "names no server"),
    Mistake("server_variables", "native:/servers/0/url", "https://{name}", "variable 'name' is in the address or"),
    Mistake("server_variables", f"{HOST}/default", "https://host.example", "is not in enum"),
    Mistake("link_targets", f"{LINK}/operationId", "get", "leads to no operation 'get'"),
    Mistake(
        "link_targets",
        f"{LINK}/parameters/id",
        "$response.body#/code",
        "does not give the parameters of getRecordInfo",
        LINK,
    ),
    Mistake("link_targets", f"{LINK}/parameters/taskId", "$response.body#/data/id", "leads to no field", LINK),
    Mistake("missing_links", "POST/responses/200/links", REMOVED, "has no link"),
    Mistake(
        "callback_addresses", "CALLBACKS/late", {"{$request.body#/url}": {}}, "leads to no field", "CALLBACKS/late"
    ),
]

SHAPES = [
    Mistake("keywords", "Kling21Pro.prompt/maxlength", 10, "'maxlength' is no keyword"),
    Mistake("keywords", "Kling21Pro.prompt/nullable", True, "'nullable' is no keyword"),
    Mistake("keywords", "Kling21Pro.prompt/example", "a boat", "'example' is no keyword"),
    Mistake("keywords", "Kling21Pro.prompt/maximum", 5000, "'maximum' does not apply to string"),
    Mistake("keywords", "Kling26TextToVideo.sound/maxLength", 5, "'maxLength' does not apply to boolean"),
    Mistake("keywords", "CreateKling21Pro.input/default", {}, "the generator loses 'default' beside $ref"),
    Mistake("limits", "Kling21Pro.cfg_scale/minimum", 2, "minimum 2 is more than maximum 1"),
    Mistake("limits", "Kling21Pro.prompt/minLength", 6000, "minLength 6000 is more than maxLength 5000"),
    Mistake("required_properties", "Kling21Pro/required", ["imageUrl"], "requires 'imageUrl', which is no property"),
    Mistake("required_properties", "Kling21Pro/required", ["prompt", "prompt"], "requires a property twice"),
    Mistake("enums", "Kling21Pro.duration/enum", [5, "10"], "enum mixes number and string"),
    Mistake("enums", "Kling21Pro.duration/enum", [], "enum mixes nothing"),
    Mistake("enums", "Kling21Pro.duration/enum", ["5", "10", "5"], "enum has a value twice"),
    Mistake("enums", "CreateKling21Pro.model/default", REMOVED, "const needs a default alike"),
    Mistake("enums", "CreateKling21Pro.model/default", "kling/v2-1", "const needs a default alike"),
    Mistake("compositions", f"{BODY}/schema/discriminator", {"propertyName": "model"}, "ignores discriminator"),
    Mistake("compositions", "CreateKling21Pro.input", ALONE, "drops an allOf of one", "CreateKling21Pro.input"),
    Mistake("compositions", "CreateKling21Pro/allOf", TWO_MODELS, "cannot merge 'model'"),
    Mistake("compositions", "RecordInfo.state/anyOf", [{"type": "string"}], "anyOf has no two alternatives"),
    Mistake(
        *(
            "distinguishable_forms",
            "CreateKling26TextToVideo.model",
            {"type": "string", "x-source": "000: request.model"},
        ),
        *("form 0 would be taken for a later one", f"{BODY}/schema"),
    ),
    Mistake(
        "distinguishable_forms", "native:TaskResponse/required", [], "form 0 would be", "TASK/responses/200/JSON/schema"
    ),
    Mistake("typed_requests", "Kling21Pro.prompt/type", REMOVED, "takes anything"),
    Mistake("typed_requests", "Kling21Pro.prompt/type", "array", "is a list of anything"),
    Mistake("closed_requests", "Kling21Pro/additionalProperties", REMOVED, "does not state by additionalProperties"),
    Mistake("closed_requests", "Kling21Pro/additionalProperties", True, "is open, though what holds it is closed"),
    Mistake("closed_requests", "native:Camera/additionalProperties", True, "is open, though what holds it is closed"),
    Mistake(
        "closed_requests", "native:WireCamera/additionalProperties", False, "is closed, though what holds it is open"
    ),
    Mistake("closed_requests", "native:CreateText2Video/additionalProperties", False, "is open, though", "WireCamera"),
    Mistake(
        "consistent_forms",
        "CreateKling21Pro/additionalProperties",
        True,
        "has closed forms and open ones",
        f"{BODY}/schema",
    ),
    Mistake("open_responses", "RecordInfo/additionalProperties", False, "is a response, and closed"),
    Mistake("open_responses", "TaskCallback/additionalProperties", False, "is a response, and closed"),
    Mistake("open_responses", "TaskResult/additionalProperties", False, "is a response, and closed"),
    Mistake("open_responses", "RecordInfo.failMsg/maxLength", 100, "limited by 'maxLength'"),
    Mistake("open_responses", "RecordInfo.taskId/pattern", "^task_", "limited by 'pattern'"),
    Mistake("open_responses", "RecordInfo.failMsg/default", "", "has a default"),
    Mistake("open_enums", "RecordInfo.state/anyOf/1", REMOVED, "closed list of words", "RecordInfo.state/anyOf/0"),
    Mistake("open_enums", "RecordInfo.state/anyOf/1/type", "integer", "closed list", "RecordInfo.state/anyOf/0"),
    Mistake("open_enums", "RecordInfo.failMsg/enum", ["no", None], "closed list of words"),
    Mistake(
        "nullable_responses",
        "RecordInfo.failMsg/type",
        "string",
        "may be absent from a response, so it must allow null, too",
    ),
    Mistake(
        "nullable_responses",
        "TaskCallback/required",
        [],
        "may be absent from a response, so it must allow null, too",
        "TaskCallback.code",
    ),
]

VALUES = [
    Mistake("valid_schemas", "Kling21Pro.prompt/type", "text", "is no schema", "Kling21Pro"),
    Mistake("valid_schemas", "Kling21Pro.prompt/maxLength", -1, "is no schema", "Kling21Pro"),
    Mistake("valid_schemas", "GET/parameters/0/schema/type", "id", "is no schema"),
    Mistake("valid_values", "Kling21Pro.duration/default", 5, "5 is not allowed by its schema"),
    Mistake("valid_values", "Kling21Pro.cfg_scale/default", 0.55, "0.55 is not allowed by its schema"),
    Mistake("valid_values", "Kling21Pro.cfg_scale/examples/0", 3, "3 is not allowed by its schema"),
    Mistake("valid_values", "Kling21Pro.duration/type", "integer", '"5" is not allowed by its schema'),
    Mistake("valid_values", "Kling21Pro.prompt/maxLength", 5, "is not allowed by its schema"),
    Mistake(
        "valid_values", f"{BODY}/examples/imageToVideo/value/input/sound", True, "is not allowed", f"{BODY}/examples"
    ),
    Mistake("valid_values", f"{FOUND}/examples/fail/value/code", "200", "is not allowed by its schema"),
    Mistake("valid_values", "GET/parameters/0/example", 7, "7 is not allowed by its schema"),
    Mistake("valid_values", "RecordInfo.state/x-field-values", [5], "5 is not allowed by its schema"),
    Mistake("valid_values", "CallbackAddress/examples/0", "not an address", "is not allowed by its schema"),
    Mistake("valid_embedded_json", "RecordInfo.param/examples/0", "{", "holds a text that is not JSON"),
    Mistake(
        "valid_embedded_json",
        f"{FOUND}/examples/success/value/data/resultJson",
        '{"resultUrls": [5]}',
        "is not allowed",
    ),
    Mistake(
        "example_hosts",
        f"{BODY}/examples/imageToVideo/value/input/image_url",
        "https://cdn.kie.ai/a",
        "cdn.kie.ai",
        BODY,
    ),
    Mistake(
        "example_hosts", "RecordInfo.resultJson/examples/0", '{"resultUrls":["https://a.b/c"]}', "shows the host a.b"
    ),
    Mistake(
        "missing_description", "Kling21Pro.prompt/description", "TODO", "to be written", "Kling21Pro.prompt/description"
    ),
    Mistake("missing_examples", f"{FOUND}/examples", REMOVED, "has no example"),
    Mistake("missing_examples", f"{BODY}/examples", REMOVED, "has no example"),
    Mistake("missing_examples", "TaskCallback/examples", REMOVED, "has no example", "CALLBACK/requestBody"),
    Mistake("missing_description", "Kling21Pro.prompt/description", "TODO (seconds)", "is still to be written"),
    Mistake("missing_description", "POST/description", "TODO", "is still to be written"),
    Mistake(
        "missing_examples",
        f"{BODY}/examples/imageToVideo",
        REMOVED,
        "is a form without an example",
        f"{BODY}/schema/oneOf/1",
    ),
    Mistake("missing_description", "Kling21Pro.prompt/description", f"{PLACEHOLDER}.", "is still to be written"),
]

SHOTS, CUT = "Kling30Video/allOf/0", "Element/x-rules"
BETWEEN = [
    Mistake("conditional_rules", f"{SHOTS}/x-source", REMOVED, "without a description or an x-source", SHOTS),
    Mistake("conditional_rules", f"{SHOTS}/description", REMOVED, "without a description or an x-source", SHOTS),
    Mistake("conditional_rules", f"{SHOTS}/otherwise", {}, "a rule has if, and then or else", SHOTS),
    Mistake("conditional_rules", f"{SHOTS}/then/minProperties", 1, "is no part of a rule"),
    Mistake("conditional_rules", f"{SHOTS}/then/required/0", "shots", "names 'shots'", f"{SHOTS}/then"),
    Mistake("conditional_rules", f"{SHOTS}/then/properties/noise", False, "names 'noise'", f"{SHOTS}/then"),
    Mistake("conditional_rules", f"{SHOTS}/then/properties/sound/minItems", 1, "of type boolean", f"{SHOTS}/then"),
    Mistake("conditional_rules", f"{SHOTS}/then/properties/sound", True, "demands True of sound", f"{SHOTS}/then"),
    Mistake("conditional_rules", f"{SHOTS}/then/x-rules/0/equals", "prompt", "is no number", f"{SHOTS}/then"),
    Mistake("conditional_rules", f"{SHOTS}/then/x-rules/0/sum", "multi_prompt.prompt", "is no number", f"{SHOTS}/then"),
    Mistake("conditional_rules", f"{SHOTS}/then/x-rules/0/x-source", REMOVED, "no rule with a source", f"{SHOTS}/then"),
    Mistake(
        "conditional_rules",
        "Element/allOf/0/if/properties/element_input_urls/contains/pattern",
        "(mp4",
        "has the pattern '(mp4'",
        "Element/allOf/0/if",
    ),
    Mistake(
        "conditional_rules",
        "Element/allOf/0/if/properties/element_input_urls/contains",
        {"type": "string"},
        "contains no pattern",
        "Element/allOf/0/if",
    ),
    Mistake("noted_rules", f"{CUT}/0/difference/0", "ending", "names 'ending', which is no number", CUT),
    Mistake("noted_rules", f"{CUT}/0/minimum", 9000, "has the minimum 9000 and the maximum 8000", CUT),
    Mistake("noted_rules", f"{CUT}/0/minimum", REMOVED, "is no rule with a source", CUT),
    Mistake("noted_rules", f"{CUT}/0/x-source", REMOVED, "is no rule with a source", CUT),
    Mistake("noted_rules", f"{SHOTS}/if", REMOVED, "has a rule without if", "Kling30Video"),
]
ALL_MISTAKES = [*BETWEEN, *KEYS, *SOURCES, *STRUCTURE, *SHAPES, *VALUES]
