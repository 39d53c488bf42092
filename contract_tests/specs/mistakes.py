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


SOURCED = {"x-source": "field: callback-acknowledged"}
OBJECT = {"type": "object", **SOURCED}
URL = {"url": {"type": "string"}}
ACCEPT = {"in": "header", "name": "accept", "schema": {"type": "string", **SOURCED}, **SOURCED}
ALONE = {"allOf": [{"$ref": "#/components/schemas/Kling21Pro"}], **SOURCED}
TWO_MODELS = [
    {"$ref": "#/components/schemas/CreateKling25TurboPro"},
    {"properties": {"model": {"const": "x", "default": "x", **SOURCED}}},
]
BEARER: dict[str, list[str]] = {"bearerAuth": []}
LINK = "POST/responses/200/links/recordInfo"
BODY = "POST/requestBody/JSON"
FOUND = "GET/responses/200/JSON"
HOST = "native:/servers/0/variables/host"
NONE, RETIRED = "has no x-source", "native:Text2Video.model_name/x-retired"
UNKNOWN = "is no key that is known here"


SHOTS, CUT, ENDING = "Kling30Video/allOf/0", "Element/x-rules", "Element/allOf/0/if"
CONTAINS = f"{ENDING}/properties/element_input_urls/contains"

ROWS: dict[str, list[tuple[Any, ...]]] = {
    "missing_source": [
        ("Kling21Pro.prompt/x-source", REMOVED, NONE),
        ("Kling21Pro.prompt/x-source", [], NONE),
        ("RecordInfo/x-source", REMOVED, NONE),
        ("POST/x-source", REMOVED, NONE),
        ("CALLBACK/x-source", REMOVED, NONE),
        ("POST/responses/200/x-source", REMOVED, NONE),
        ("GET/parameters/0/x-source", REMOVED, NONE),
        ("GET/parameters/0/schema/x-source", REMOVED, NONE),
        (f"{HOST}/x-source", REMOVED, NONE),
        ("KEYS/bearerAuth/x-source", REMOVED, NONE),
        ("RESPONSES/NotFound/x-source", REMOVED, NONE),
        ("RecordInfo.state/anyOf/1/properties", URL, NONE, "RecordInfo.state/anyOf/1/properties/url"),
        ("TaskResult.resultUrls/items/properties", URL, NONE, "TaskResult.resultUrls/items/properties/url"),
    ],
    "malformed_source": [
        ("Kling21Pro.prompt/x-source", "002", "'002' is neither `field: <id>` nor `<document>: <place>`"),
        *(("Kling21Pro.prompt/x-source", value, "neither") for value in ("", "002: ", "field", "field: ", [2])),
        ("RecordInfo.state/x-source/1", "field: Kie states", "neither", "RecordInfo.state"),
        ("Kling21Pro.prompt/x-source", ["field: kie-record", "field: kie-record"], "names a place twice"),
    ],
    "unknown_document": [
        ("Kling21Pro.prompt/x-source", "001: request.prompt", "names document 001"),
        ("/info/x-documents/999", "a-page", "no x-source names document 999"),
        ("native:/info/x-documents", REMOVED, "names document 001", "Text2Video.prompt"),
    ],
    "unknown_observation": [
        ("RecordInfo.progress/x-source", "field: kie-records", "observation kie-records, which"),
        ("native:Text2Video.mode/x-source", ["001: request.mode", "field: x"], "lacks"),
    ],
    "values_of_observations": [
        ("native:CreateText2Video.external_task_id/maxLength", 9, "observations state None"),
        ("relay:WireCameraMove.type/enum", ["down_back"], "lacks the choice 'forward_up'"),
        ("relay:WireCameraMove.type/enum/4", "other", "has the choice 'other' that no", "relay:WireCameraMove.type"),
        ("RecordInfo.state/x-field-values", ["queuing"], "lacks the choice 'generating'"),
        ("ResponseCode/x-field-values", [433, 455], "has the choice 455 that no observation"),
        ("native:ResponseCode/x-field-values", [0, 404, 429], "has the choice 429 that no observation"),
    ],
    "source_of_another_field": [
        ("Kling21Pro.prompt/x-source", "002: request.input.negative_prompt", "of another field"),
        ("RecordInfo.failMsg/x-source", ["000: query.response.data.failCode"], "of another field"),
    ],
    "one_field_one_source": [
        ("native:TaskData.created_at/x-source", "001: response.created_at", "does not name", "TaskData.created_at"),
        ("native:Text2Video.model_name/x-source", ["001: request.model_name"], "does not name '001: models'"),
    ],
    "source_of_holder": [
        ("TaskCallback/x-source", "all: callback", "does not name '000: query.response', which holds its fields"),
        (
            "native:CreateText2Video.duration/anyOf/0/x-source",
            REMOVED,
            "has a form",
            "native:CreateText2Video.duration",
        ),
    ],
    "callback_sources": [
        ("TaskCallback/x-source", "000: query.response", "names no source of the callback", "CALLBACK/requestBody")
    ],
    "document_notes": [
        ("relay:RELAYED/x-source", "004: request", "names no document's place `headers`"),
        ("relay:RELAYED/x-doc-headers/0/example", "a", "x-doc-headers has ['example'", "RELAYED"),
        ("relay:CreateText2Video/x-doc-required", ["model"], "x-doc-required names 'model'"),
        ("native:TASK/x-poll-seconds", [10, 5], "is not a least and a most"),
    ],
    "retired_values": [
        ("native:Text2Video.model_name/x-source", "001: request.model_name", "the observations state {}"),
        (RETIRED, {}, "has x-retired {}, and the observations state {'kling-v1-6'"),
        (RETIRED, {"v0": "2026-09-15"}, "has x-retired {'v0'"),
        (RETIRED, {"kling-v2-1": "soon"}, "has x-retired {'kling-v2-1': 'soon'}"),
    ],
    "no_titles": [
        ("Kling21Pro.prompt/title", "Prompt", "has a title"),
        ("GET/parameters/0/schema/title", "任务", "has a title"),
    ],
    "field_values": [
        ("RecordInfo.state/x-source", "000: query.response.data.state", "without an x-source `field: <id>`"),
        *(("RecordInfo.state/x-field-values", it, "empty or listed twice") for it in ([], ["queuing", "queuing"])),
        ("native:ResponseCode/x-field-values", [0, 7], "has 7, which enum lacks"),
    ],
    "known_keys": [
        ("GET/parameters/0/style", "form", UNKNOWN),
        ("GET/parameters/0/explode", True, UNKNOWN),
        ("GET/parameters/0/allowReserved", True, UNKNOWN),
        ("GET/parameters/0/deprecated", True, UNKNOWN),
        ("GET/parameters/0/schema/x-sources", "000: query.request.taskId", UNKNOWN),
        ("GET/deprecated", True, UNKNOWN),
        ("GET/x-poll-second", [1, 2], UNKNOWN),
        ("/paths/~1api~1v1~1jobs~1recordInfo/summary", "Query", UNKNOWN),
        ("KEYS/bearerAuth/bearerFormat", "JWT", UNKNOWN),
        ("RESPONSES/InvalidRequest/headers", {"Retry-After": {"schema": {"type": "integer"}}}, UNKNOWN),
        ("POST/requestBody/JSON/encoding", {"input": {"contentType": "text/plain"}}, UNKNOWN),
        ("POST/requestBody/JSON/examples/imageToVideo/externalValue", "https://studio.example/a.json", UNKNOWN),
        ("POST/responses/200/links/recordInfo/server", {"url": "https://studio.example"}, UNKNOWN),
        ("Kling21Pro.prompt/x-Source", "002: request.input.prompt", UNKNOWN),
        ("Kling21Pro.prompt/x-unit", "characters", UNKNOWN),
        ("CALLBACK/externalDocs", {"url": "https://studio.example"}, UNKNOWN),
        ("/info/license", {"name": "MIT"}, UNKNOWN),
        ("/webhooks", {}, UNKNOWN),
        ("native:/servers/0/variables/host/x-source2", "field: official-hosts", UNKNOWN),
    ],
    "unused_component": [
        ("Spare", {**OBJECT, "additionalProperties": True}, "is used by nothing", "Spare"),
        (f"{BODY}/schema/oneOf/1", REMOVED, "is used by nothing", "Kling21Pro"),
        ("native:Text2Video/additionalProperties", True, "is used by nothing"),
        ("native:Text2Video.seed", OBJECT, "is used by nothing", "Text2Video"),
        ("RESPONSES/Gone", {"description": "Gone."}, "is used by nothing", "RESPONSES/Gone"),
    ],
    "class_names": [("/components/schemas/task_state", {"type": "string"}, "is no name of a class", "/components")],
    "no_root_security": [("/security", [BEARER], "has security at the root")],
    "operation_security": [
        ("POST/security", REMOVED, "has no security"),
        *(("POST/security", value, "needs no key") for value in ([], [BEARER, {}])),
        ("POST/security", [{"apiKey": []}], "'apiKey', which is no security scheme"),
        ("CALLBACK/security", REMOVED, "has no security"),
        ("CALLBACK/security", [BEARER], "nobody sends a key with a callback"),
    ],
    "unused_security_scheme": [("KEYS/apiKey", {"type": "http"}, "is used by nothing", "KEYS/apiKey")],
    "operation_ids": [
        ("GET/operationId", "createTask", "'createTask' is not unique"),
        ("CALLBACK/operationId", "createTask", "'createTask' is not unique", "POST"),
        ("GET/operationId", REMOVED, "operationId None cannot name a module"),
        ("GET/operationId", "get record", "cannot name a module"),
    ],
    "operation_tags": [
        ("GET/tags", ["tasks"], "tag 'tasks' is not among the root's tags"),
        ("GET/tags", [], "has 0 tags"),
        ("/tags/1", {"name": "old"}, "tag 'old' is on no operation"),
    ],
    "operation_parameters": [
        ("GET/parameters/1", ACCEPT, "ignores a header parameter named accept", "GET/parameters/1"),
        ("native:TASK/parameters/0/name", "id", "'task_id' is in the path or in parameters", "TASK"),
        ("native:TASK/parameters/0/required", False, "in the path, but not required"),
        ("GET/parameters/0/schema", REMOVED, "has no schema"),
        ("GET/parameters/1", {"in": "query", "name": "taskId"}, "'taskId' is listed twice", "GET"),
    ],
    "response_statuses": [
        ("RESPONSES/NotFound/content", REMOVED, "has no schema", "POST/responses/404"),
        ("POST/responses/200", REMOVED, "has no response for success", "POST"),
        ("POST/responses/20", {"description": "Odd."}, "'20' is no status", "POST/responses/20"),
    ],
    "request_bodies": [
        ("POST/requestBody/required", False, "is not required"),
        ("CALLBACK/requestBody/required", REMOVED, "is not required"),
        (f"{BODY}/schema", REMOVED, "has no schema"),
        ("POST/requestBody/content/text~1plain", {}, "is not application/json", "POST/requestBody"),
    ],
    "server_variables": [
        ("/servers", [], "names no server"),
        ("native:/servers/0/url", "https://{name}", "variable 'name' is in the address or"),
        (f"{HOST}/default", "https://host.example", "is not in enum"),
    ],
    "link_targets": [
        (f"{LINK}/operationId", "get", "leads to no operation 'get'"),
        (f"{LINK}/parameters/id", "$response.body#/code", "does not give the parameters of getRecordInfo", LINK),
        (f"{LINK}/parameters/taskId", "$response.body#/data/id", "leads to no field", LINK),
    ],
    "missing_links": [("POST/responses/200/links", REMOVED, "has no link")],
    "callback_addresses": [("CALLBACKS/late", {"{$request.body#/url}": {}}, "leads to no field", "CALLBACKS/late")],
    "keywords": [
        ("Kling21Pro.prompt/maxlength", 10, "'maxlength' is no keyword"),
        ("Kling21Pro.prompt/nullable", True, "'nullable' is no keyword"),
        ("Kling21Pro.prompt/example", "a boat", "'example' is no keyword"),
        ("Kling21Pro.prompt/maximum", 5000, "'maximum' does not apply to string"),
        ("Kling26TextToVideo.sound/maxLength", 5, "'maxLength' does not apply to boolean"),
        ("CreateKling21Pro.input/default", {}, "the generator loses 'default' beside $ref"),
    ],
    "limits": [
        ("Kling21Pro.cfg_scale/minimum", 2, "minimum 2 is more than maximum 1"),
        ("Kling21Pro.prompt/minLength", 6000, "minLength 6000 is more than maxLength 5000"),
    ],
    "required_properties": [
        ("Kling21Pro/required", ["imageUrl"], "requires 'imageUrl', which is no property"),
        ("Kling21Pro/required", ["prompt", "prompt"], "requires a property twice"),
    ],
    "enums": [
        ("Kling21Pro.duration/enum", [5, "10"], "enum mixes number and string"),
        ("Kling21Pro.duration/enum", [], "enum mixes nothing"),
        ("Kling21Pro.duration/enum", ["5", "10", "5"], "enum has a value twice"),
        ("CreateKling21Pro.model/default", REMOVED, "const needs a default alike"),
        ("CreateKling21Pro.model/default", "kling/v2-1", "const needs a default alike"),
    ],
    "compositions": [
        (f"{BODY}/schema/discriminator", {"propertyName": "model"}, "ignores discriminator"),
        ("CreateKling21Pro.input", ALONE, "drops an allOf of one", "CreateKling21Pro.input"),
        ("CreateKling21Pro/allOf", TWO_MODELS, "cannot merge 'model'"),
        ("RecordInfo.state/anyOf", [{"type": "string"}], "anyOf has no two alternatives"),
    ],
    "distinguishable_forms": [
        (
            "CreateKling26TextToVideo.model",
            {"type": "string", "x-source": "000: request.model"},
            "form 0 would be taken for a later one",
            f"{BODY}/schema",
        ),
        ("native:TaskResponse/required", [], "form 0 would be", "TASK/responses/200/JSON/schema"),
    ],
    "typed_requests": [
        ("Kling21Pro.prompt/type", REMOVED, "takes anything"),
        ("Kling21Pro.prompt/type", "array", "is a list of anything"),
    ],
    "closed_requests": [
        ("Kling21Pro/additionalProperties", REMOVED, "does not state by additionalProperties"),
        ("Kling21Pro/additionalProperties", True, "is open, though what holds it is closed"),
        ("native:Camera/additionalProperties", True, "is open, though what holds it is closed"),
        ("native:WireCamera/additionalProperties", False, "is closed, though what holds it is open"),
        ("native:CreateText2Video/additionalProperties", False, "is open, though", "WireCamera"),
    ],
    "consistent_forms": [
        ("CreateKling21Pro/additionalProperties", True, "has closed forms and open ones", f"{BODY}/schema")
    ],
    "open_responses": [
        ("RecordInfo/additionalProperties", False, "is a response, and closed"),
        ("TaskCallback/additionalProperties", False, "is a response, and closed"),
        ("TaskResult/additionalProperties", False, "is a response, and closed"),
        ("RecordInfo.failMsg/maxLength", 100, "limited by 'maxLength'"),
        ("RecordInfo.taskId/pattern", "^task_", "limited by 'pattern'"),
        ("RecordInfo.failMsg/default", "", "has a default"),
    ],
    "open_enums": [
        ("RecordInfo.state/anyOf/1", REMOVED, "closed list of words", "RecordInfo.state/anyOf/0"),
        ("RecordInfo.state/anyOf/1/type", "integer", "closed list", "RecordInfo.state/anyOf/0"),
        ("RecordInfo.failMsg/enum", ["no", None], "closed list of words"),
    ],
    "nullable_responses": [
        ("RecordInfo.failMsg/type", "string", "may be absent from a response, so it must allow null, too"),
        ("TaskCallback/required", [], "may be absent from a response, so it must allow null, too", "TaskCallback.code"),
    ],
    "valid_schemas": [
        ("Kling21Pro.prompt/type", "text", "is no schema", "Kling21Pro"),
        ("Kling21Pro.prompt/maxLength", -1, "is no schema", "Kling21Pro"),
        ("GET/parameters/0/schema/type", "id", "is no schema"),
    ],
    "valid_values": [
        ("Kling21Pro.duration/default", 5, "5 is not allowed by its schema"),
        ("Kling21Pro.cfg_scale/default", 0.55, "0.55 is not allowed by its schema"),
        ("Kling21Pro.cfg_scale/examples/0", 3, "3 is not allowed by its schema"),
        ("Kling21Pro.duration/type", "integer", '"5" is not allowed by its schema'),
        ("Kling21Pro.prompt/maxLength", 5, "is not allowed by its schema"),
        (f"{BODY}/examples/imageToVideo/value/input/sound", True, "is not allowed", f"{BODY}/examples"),
        (f"{FOUND}/examples/fail/value/code", "200", "is not allowed by its schema"),
        ("GET/parameters/0/example", 7, "7 is not allowed by its schema"),
        ("RecordInfo.state/x-field-values", [5], "5 is not allowed by its schema"),
        ("CallbackAddress/examples/0", "not an address", "is not allowed by its schema"),
    ],
    "valid_embedded_json": [
        ("RecordInfo.param/examples/0", "{", "holds a text that is not JSON"),
        (f"{FOUND}/examples/success/value/data/resultJson", '{"resultUrls": [5]}', "is not allowed"),
    ],
    "example_hosts": [
        (f"{BODY}/examples/imageToVideo/value/input/image_url", "https://cdn.kie.ai/a", "cdn.kie.ai", BODY),
        ("RecordInfo.resultJson/examples/0", '{"resultUrls":["https://a.b/c"]}', "shows the host a.b"),
    ],
    "missing_description": [
        ("Kling21Pro.prompt/description", "TODO", "to be written", "Kling21Pro.prompt/description"),
        ("Kling21Pro.prompt/description", "TODO (seconds)", "is still to be written"),
        ("POST/description", "TODO", "is still to be written"),
        ("Kling21Pro.prompt/description", f"{PLACEHOLDER}.", "is still to be written"),
    ],
    "missing_examples": [
        (f"{FOUND}/examples", REMOVED, "has no example"),
        (f"{BODY}/examples", REMOVED, "has no example"),
        ("TaskCallback/examples", REMOVED, "has no example", "CALLBACK/requestBody"),
        (f"{BODY}/examples/imageToVideo", REMOVED, "is a form without an example", f"{BODY}/schema/oneOf/1"),
    ],
    "conditional_rules": [
        (f"{SHOTS}/x-source", REMOVED, "without a description or an x-source", SHOTS),
        (f"{SHOTS}/description", REMOVED, "without a description or an x-source", SHOTS),
        (f"{SHOTS}/otherwise", {}, "a rule has if, and then or else", SHOTS),
        (f"{SHOTS}/then/minProperties", 1, "is no part of a rule"),
        (f"{SHOTS}/then/required/0", "shots", "names 'shots'", f"{SHOTS}/then"),
        (f"{SHOTS}/then/properties/noise", False, "names 'noise'", f"{SHOTS}/then"),
        (f"{SHOTS}/then/properties/sound/minItems", 1, "of type boolean", f"{SHOTS}/then"),
        (f"{SHOTS}/then/properties/sound", True, "demands True of sound", f"{SHOTS}/then"),
        (f"{SHOTS}/then/x-rules/0/equals", "prompt", "is no number", f"{SHOTS}/then"),
        (f"{SHOTS}/then/x-rules/0/sum", "multi_prompt.prompt", "is no number", f"{SHOTS}/then"),
        (f"{SHOTS}/then/x-rules/0/x-source", REMOVED, "no rule with a source", f"{SHOTS}/then"),
        (f"{CONTAINS}/pattern", "(mp4", "has the pattern '(mp4'", ENDING),
        (CONTAINS, {"type": "string"}, "contains no pattern", ENDING),
    ],
    "noted_rules": [
        (f"{CUT}/0/difference/0", "ending", "names 'ending', which is no number", CUT),
        (f"{CUT}/0/minimum", 9000, "has the minimum 9000 and the maximum 8000", CUT),
        (f"{CUT}/0/minimum", REMOVED, "is no rule with a source", CUT),
        (f"{CUT}/0/x-source", REMOVED, "is no rule with a source", CUT),
        (f"{SHOTS}/if", REMOVED, "has a rule without if", "Kling30Video"),
    ],
}
"""Rule of the lint -> rows of a place, a value, the message, and where it is reported if that is not the place."""
ALL_MISTAKES = [Mistake(rule, *row) for rule, rows in ROWS.items() for row in rows]
