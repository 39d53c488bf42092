"""Edits of specs, and the rating of each: applied, and reverted."""

from typing import Any

from attrs import frozen

from contract_tests.specs.mistakes import BODY, REMOVED, committed_spec, edited_spec

FIELD = {"type": ["string", "null"], "x-source": "field: callback-acknowledged"}
VERBOSE = {"in": "query", "name": "verbose", "schema": {"type": "boolean"}}
SECONDS = ["5", "10"]
OPEN_CHOICES = {"anyOf": [{"type": "string", "enum": SECONDS}, {"type": "string"}], "default": "5"}
ACCEPTED = {"description": "Later.", "content": {"application/json": {"schema": {"type": "object"}}}}
STATES_OR_ANY = [{"$ref": "#/components/schemas/TaskState"}, {"type": ["string", "null"]}]
REQUEST, RESPONSE, WHOLE_SPEC = "request", "response", "whole"


@frozen
class Edit:
    """One edit: the place as in `mistakes`, the value set there, and its ratings when applied and when reverted."""

    place: str
    value: object
    levels: str
    """The two ratings: `major minor` is major when applied, minor when reverted."""
    where: str
    what: str
    side: str = REQUEST

    @property
    def api(self) -> str:
        return self.place.partition(":")[0] if ":" in self.place.partition("/")[0] else "kie"

    @property
    def specs(self) -> tuple[Any, Any]:
        """Before and after."""
        return committed_spec(self.api), edited_spec(self.api, self.place, self.value)

    def __str__(self) -> str:
        return f"{self.place}: {self.what}"


REQUESTS = [
    Edit("Kling21Pro.negative_prompt", REMOVED, "major minor", "Kling21Pro.negative_prompt", "field removed"),
    Edit("Kling21Pro.seed", {"type": "integer"}, "minor major", "Kling21Pro.seed", "field added"),
    Edit("native:Text2Video.seed", {"type": "integer"}, "minor major", "Text2Video.seed", "field added"),
    Edit("Kling21Pro/required", ["prompt"], "minor major", "Kling21Pro.image_url", "required"),
    Edit("Kling21Pro.prompt/maxLength", 4000, "major minor", "Kling21Pro.prompt", "maxLength"),
    Edit("Kling21Pro.prompt/maxLength", REMOVED, "minor major", "Kling21Pro.prompt", "maxLength"),
    Edit("Kling21Pro.prompt/minLength", 1, "major minor", "Kling21Pro.prompt", "minLength"),
    Edit("Kling21Pro.cfg_scale/minimum", -1, "minor major", "Kling21Pro.cfg_scale", "minimum"),
    Edit("Kling21Pro.cfg_scale/maximum", 0.9, "major minor", "Kling21Pro.cfg_scale", "maximum"),
    Edit("Kling21Pro.cfg_scale/multipleOf", 0.05, "minor major", "Kling21Pro.cfg_scale", "multipleOf"),
    Edit("Kling21Pro.cfg_scale/multipleOf", 0.3, "major minor", "Kling21Pro.cfg_scale", "multipleOf"),
    Edit("Kling21Pro.cfg_scale/multipleOf", 0.15, "major major", "Kling21Pro.cfg_scale", "multipleOf"),
    Edit("Kling21Pro.image_url/format", "uri", "major minor", "Kling21Pro.image_url", "format"),
    Edit("CreateKling21Pro.callBackUrl/format", "iri", "major major", "CreateKling21Pro.callBackUrl", "format"),
    Edit("Kling21Pro.prompt/not", {"const": ""}, "major minor", "Kling21Pro.prompt", "not"),
    Edit("Kling21Pro.prompt/readOnly", True, "major minor", "Kling21Pro.prompt", "readOnly"),
    Edit("Kling21Pro.duration/enum", [*SECONDS, "15"], "minor major", "Kling21Pro.duration", "choices added"),
    Edit("Kling21Pro.duration/enum", ["5"], "major minor", "Kling21Pro.duration", "choices removed"),
    Edit("Kling21Pro.duration/enum", REMOVED, "minor major", "Kling21Pro.duration", "list opened"),
    Edit("Kling21Pro.duration", OPEN_CHOICES, "minor major", "Kling21Pro.duration", "list opened"),
    Edit("Kling21Pro.duration/default", "10", "major major", "Kling21Pro.duration", "default"),
    Edit("Kling21Pro.duration/default", REMOVED, "major major", "Kling21Pro.duration", "default"),
    Edit("Kling26TextToVideo.sound/default", REMOVED, "major minor", "Kling26TextToVideo.sound", "default"),
    Edit("Kling26TextToVideo.sound/default", True, "major major", "Kling26TextToVideo.sound", "default"),
    Edit("CreateKling21Pro.model/const", "kling/v3", "major major", "CreateKling21Pro.model", "choices removed"),
    Edit("Kling21Pro.prompt/type", "integer", "major major", "Kling21Pro.prompt", "type"),
    Edit("Kling21Pro.prompt/type", ["string", "integer"], "minor major", "Kling21Pro.prompt", "type"),
    Edit("Kling21Pro.prompt", {}, "minor major", "Kling21Pro.prompt", "type"),
    Edit("Kling21Pro.prompt/type", ["string", "null"], "minor major", "Kling21Pro.prompt", "null"),
    Edit("relay:CameraConfig.zoom/type", "number", "minor major", "CameraConfig.zoom", "type"),
    Edit("Kling21Pro/type", REMOVED, "minor major", "CreateKling21Pro.input", "type"),
    Edit("Kling21Pro/additionalProperties", True, "minor major", "Kling21Pro", "additionalProperties"),
    Edit("Kling21Pro/additionalProperties", {"type": "string"}, "minor major", "Kling21Pro", "additionalProperties"),
    Edit(f"{BODY}/schema/oneOf/1", REMOVED, "major minor", "createTask", "form removed"),
    Edit("POST/requestBody/required", False, "minor major", "createTask", "body required"),
    Edit("POST/requestBody", REMOVED, "major major", "createTask", "content removed"),
    Edit("POST/requestBody/content/text~1plain", {"schema": {}}, "minor major", "createTask", "content added"),
    Edit("GET/parameters/1", VERBOSE, "minor major", "getRecordInfo.verbose", "parameter added"),
    Edit("GET/parameters/1", {**VERBOSE, "required": True}, "major major", "getRecordInfo.verbose", "parameter added"),
    Edit("GET/parameters/0/required", False, "minor major", "getRecordInfo.taskId", "required"),
    Edit("GET/parameters/0/in", "header", "major major", "getRecordInfo.taskId", "parameter removed"),
    Edit("GET/parameters/0/style", "form", "major major", "getRecordInfo.taskId", "style"),
    Edit("GET/parameters/0/schema/maxLength", 10, "major minor", "getRecordInfo.taskId", "maxLength"),
    Edit("native:Text2Video.prompt/maxLength", 2000, "major minor", "Text2Video.prompt", "maxLength"),
    Edit("native:Camera.config", REMOVED, "major minor", "Camera.config", "field removed"),
    Edit("native:CameraType/enum", ["zoom"], "minor minor", "Camera.type", "known words removed"),
]

RESPONSES = [
    Edit("RecordInfo.failMsg", REMOVED, "major minor", "RecordInfo.failMsg", "field removed", RESPONSE),
    Edit("RecordInfo.seed", FIELD, "minor major", "RecordInfo.seed", "field added", RESPONSE),
    Edit("RecordInfo.failMsg/type", "string", "minor major", "RecordInfo.failMsg", "null", RESPONSE),
    Edit("RecordInfo.failMsg/type", ["integer", "null"], "major major", "RecordInfo.failMsg", "type", RESPONSE),
    Edit("RecordInfo.failCode/type", ["string", "null"], "major major", "RecordInfo.failCode", "type", RESPONSE),
    Edit("RecordInfo.costTime/type", ["number", "null"], "major major", "RecordInfo.costTime", "type", RESPONSE),
    Edit("RecordInfo.failMsg/maxLength", 9, "minor major", "RecordInfo.failMsg", "maxLength", RESPONSE),
    Edit("RecordInfo/required", ["taskId"], "minor major", "RecordInfo.taskId", "required", RESPONSE),
    Edit("RecordInfo/additionalProperties", False, "major minor", "RecordInfo", "additionalProperties", RESPONSE),
    Edit("CreateTaskResponse/required", [], "major minor", "CreateTaskResponse.code", "required", RESPONSE),
    Edit("CreateTaskResponse.data/oneOf/1", REMOVED, "minor major", "CreateTaskResponse.data", "null", RESPONSE),
    Edit("TaskState/enum/3", "queuing", "minor minor", "RecordInfo.state", "known words added", RESPONSE),
    Edit("TaskState/enum/0", REMOVED, "minor minor", "RecordInfo.state", "known words removed", RESPONSE),
    Edit("RecordInfo/type", ["object", "null"], "major minor", "TaskCallback.data", "ambiguous oneOf", RESPONSE),
    Edit("RecordInfo/type", REMOVED, "major major", "TaskCallback.data", "type", RESPONSE),
    Edit("RecordInfo.state", {"oneOf": STATES_OR_ANY}, "major minor", "RecordInfo.state", "ambiguous oneOf", RESPONSE),
    Edit("RecordInfo.state/anyOf/1", REMOVED, "major major", "RecordInfo.state", "list closed", RESPONSE),
    Edit("RecordInfo.failMsg/enum", ["no", None], "major major", "RecordInfo.failMsg", "list closed", RESPONSE),
    Edit("ResponseCode/enum/12", 599, "minor minor", "ErrorResponse.code", "known words added", RESPONSE),
    Edit("TaskResult.resultUrls/items/type", "object", "major major", "TaskResult.resultUrls[]", "type", RESPONSE),
    Edit("TaskResult.resultUrls/items", REMOVED, "major major", "TaskResult.resultUrls[]", "type", RESPONSE),
    Edit("TaskParam.model", REMOVED, "major minor", "TaskParam.model", "field removed", RESPONSE),
    Edit("RecordInfo.param/contentSchema", REMOVED, "major major", "RecordInfo.param", "type", RESPONSE),
    Edit(
        "JsonObject/additionalProperties",
        {"type": "string"},
        "major minor",
        "JsonObject",
        "additionalProperties",
        RESPONSE,
    ),
    Edit(
        "native:TASK/responses/200/JSON/schema/anyOf/1",
        REMOVED,
        "major major",
        "getText2Video 200",
        "form removed",
        RESPONSE,
    ),
    Edit("POST/responses/404", REMOVED, "major minor", "createTask 404", "status removed", RESPONSE),
    Edit("POST/responses/202", ACCEPTED, "minor major", "createTask 202", "status added", RESPONSE),
    Edit("RESPONSES/NotFound/content", REMOVED, "major minor", "getRecordInfo 404", "content removed", RESPONSE),
    Edit(
        "RESPONSES/NotFound/headers",
        {"Retry-After": {}},
        "minor major",
        "createTask 404.Retry-After",
        "header added",
        RESPONSE,
    ),
    Edit("TaskCallback.data", REMOVED, "major minor", "TaskCallback.data", "field removed", RESPONSE),
    Edit("CALLBACK/requestBody/required", False, "major minor", "taskEnded", "body required", RESPONSE),
    Edit("CALLBACKS/taskEnded", REMOVED, "major minor", "taskEnded", "callback removed", RESPONSE),
    Edit("CALLBACK/responses/200", REMOVED, "major minor", "taskEnded 200", "status removed"),
    Edit("CALLBACK/operationId", "ended", "major major", "taskEnded", "operationId", RESPONSE),
]

NAMES = [
    Edit("GET/operationId", "getTask", "major major", "getRecordInfo", "operationId"),
    Edit("GET/tags", ["tasks"], "major major", "getRecordInfo", "tag"),
    Edit("GET/security", REMOVED, "major major", "getRecordInfo", "security"),
    Edit("GET/security", [], "major major", "getRecordInfo", "security"),
    Edit("GET/servers", [{"url": "https://host.example"}], "major major", "getRecordInfo", "servers"),
    Edit("/paths/~1api~1v1~1jobs~1recordInfo", REMOVED, "major minor", "getRecordInfo", "operation removed"),
    Edit("/servers/0/url", "https://host.example", "major major", "https://api.kie.ai", "server removed", WHOLE_SPEC),
    Edit(
        "/servers/1", {"url": "https://host.example"}, "minor major", "https://host.example", "server added", WHOLE_SPEC
    ),
    Edit(
        "native:/servers/0/variables/host/enum/1",
        REMOVED,
        "major minor",
        "host https://api-beijing.klingai.com",
        "server removed",
        WHOLE_SPEC,
    ),
    Edit("native:/servers/0/variables/host/default", "", "major major", "host by default", "server", WHOLE_SPEC),
    Edit("KEYS/bearerAuth/scheme", "basic", "major major", "bearerAuth", "security scheme", WHOLE_SPEC),
    Edit("KEYS/apiKey", {"type": "http"}, "minor major", "apiKey", "security scheme added", WHOLE_SPEC),
    Edit("Spare", {"type": "object"}, "minor major", "Spare", "component added", WHOLE_SPEC),
]

WORDS = [
    Edit("Kling21Pro.prompt/description", "Words.", "patch patch", "Kling21Pro.prompt", "description", WHOLE_SPEC),
    Edit("Kling21Pro.prompt/x-source", "field: kie-record", "patch patch", "Kling21Pro.prompt", "x-source", WHOLE_SPEC),
    Edit("Kling21Pro.prompt/examples", REMOVED, "patch patch", "Kling21Pro.prompt", "examples", WHOLE_SPEC),
    Edit("Kling21Pro.prompt/deprecated", True, "minor minor", "Kling21Pro.prompt", "deprecated", WHOLE_SPEC),
    Edit(
        "RecordInfo.state/x-field-values", ["queuing"], "patch patch", "RecordInfo.state", "x-field-values", WHOLE_SPEC
    ),
    Edit("RecordInfo.state/anyOf/1/description", "Any.", "patch patch", "RecordInfo.state", "description", WHOLE_SPEC),
    Edit("/info/description", "Tasks.", "patch patch", "/info", "description", WHOLE_SPEC),
    Edit("/info/version", "1.1.0", "patch patch", "/info", "version", WHOLE_SPEC),
    Edit("/tags/0/description", "Tasks.", "patch patch", "/tags/0", "description", WHOLE_SPEC),
    Edit("Kling21Pro.duration/enum", ["10", "5"], "patch patch", "", "layout", WHOLE_SPEC),
    Edit("RecordInfo.failMsg/type", ["null", "string"], "patch patch", "", "layout", WHOLE_SPEC),
    Edit("Kling21Pro/required", ["image_url", "prompt"], "patch patch", "", "layout", WHOLE_SPEC),
]

ALL_EDITS = [*REQUESTS, *RESPONSES, *NAMES, *WORDS]
