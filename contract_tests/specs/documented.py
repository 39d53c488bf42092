"""What the documents say about requests and operations, copied here by hand; 000 to 004 as in `x-documents`."""

from typing import Any

from attrs import field, frozen


@frozen(kw_only=True)
class Request:
    """The limits of one kind of request."""

    api: str
    name: str
    """Its schema."""
    least: dict[str, Any]
    """What is required, with values that are right."""
    defaults: dict[str, Any] = field(factory=dict)
    lengths: dict[str, int] = field(factory=dict)
    choices: dict[str, list[Any]] = field(factory=dict)
    others: set[str] = field(factory=set)
    """Fields beside those named above and below."""
    scale: list[float] | None = None
    """Values of cfg_scale that are right among those of `SCALE`."""
    closed: bool = True

    def __str__(self) -> str:
        return f"{self.api}.{self.name}"

    @property
    def fields(self) -> set[str]:
        """All of its fields."""
        return {*self.least, *self.lengths, *self.choices, *self.others, *(["cfg_scale"] if self.scale else [])}


@frozen(kw_only=True)
class Api:
    """The operations of one API."""

    name: str
    create: tuple[str, str]
    """Path and operationId."""
    query: tuple[str, str]
    body: dict[str, Any]
    """The schema of what creates a task."""
    statuses: set[int]
    codes: set[int]
    states: tuple[str, list[str]]
    """The schema that lists them, and the list."""
    callback: tuple[str, str]
    """Its name and address."""
    link: dict[str, str]

    def __str__(self) -> str:
        return self.name


def component(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


WHOLE = list(range(-1, 3))
TENTHS = [tenth / 10 for tenth in range(11)]
BETWEEN = [0.25, 0.35, 1e-9]
SCALE = [*WHOLE, *TENTHS, *BETWEEN, -0.1, 1.1, 1.5]
IN_TENTHS = [0, 1, *TENTHS]
ANY_STEP = [*IN_TENTHS, *BETWEEN]

WIDE, TALL, SQUARE = "16:9", "9:16", "1:1"
THREE = [SQUARE, WIDE, TALL]
SEVEN = [*THREE, "3:2", "2:3", "3:4", "4:3"]
STRINGS = ["5", "10"]
SECONDS = [5, 10]
MODES = ["std", "pro"]
NATIVE_MODELS = ["kling-v1-6", "kling-v2-master", "kling-v2-1", "kling-v2-1-master"]
RELAY_MODELS = ["kling-v1", "kling-v1-5", "kling-v1-6", "kling-v2-5-turbo"]

CAMERA = {"camera_control"}
DELIVERY = {"callback_url", "external_task_id"}

NATIVE: dict[str, Any] = {
    "api": "native",
    "least": {"model_name": "kling-v2-1", "mode": "std", "prompt": "一座灯塔"},
    "defaults": {"duration": 5, "aspect_ratio": WIDE, "cfg_scale": 0.5},
    "lengths": {"prompt": 2500, "negative_prompt": 2500},
    "choices": {"model_name": NATIVE_MODELS, "mode": MODES, "duration": SECONDS, "aspect_ratio": SEVEN},
    "scale": ANY_STEP,
}
RELAY: dict[str, Any] = {
    "api": "relay",
    "least": {"model_name": "kling-v1", "prompt": "a night train"},
    "lengths": {"prompt": 500, "negative_prompt": 200},
    "choices": {"model_name": RELAY_MODELS, "mode": MODES, "duration": SECONDS, "aspect_ratio": THREE},
    "scale": ANY_STEP,
}
OFFICIAL: dict[str, Any] = {
    "name": "CreateOfficialText2Video",
    "least": {"prompt": "a night train"},
    "lengths": {"prompt": 2500, "negative_prompt": 2500},
    "choices": {"mode": MODES, "duration": STRINGS, "aspect_ratio": THREE, "sound": ["on", "off"]},
    "scale": ANY_STEP,
    "others": {"model_name"} | CAMERA | DELIVERY,
    "closed": False,
}


def on_the_wire(limits: dict[str, Any]) -> dict[str, Any]:
    """These limits where the field adds that a duration may be a string."""
    return {**limits, "choices": {**limits["choices"], "duration": [*SECONDS, *STRINGS]}}


REQUESTS = [
    Request(
        api="kie",
        name="Kling26TextToVideo",
        least={"prompt": "一只猫", "sound": True, "aspect_ratio": WIDE, "duration": "5"},
        defaults={"sound": False, "aspect_ratio": SQUARE, "duration": "5"},
        lengths={"prompt": 1000},
        choices={"aspect_ratio": THREE, "duration": STRINGS, "sound": [True, False]},
    ),
    Request(
        api="kie",
        name="Kling21Pro",
        least={"prompt": "a boat", "image_url": "https://media.example/boat.png"},
        defaults={"duration": "5", "cfg_scale": 0.5},
        lengths={"prompt": 5000, "negative_prompt": 500},
        choices={"duration": STRINGS},
        others={"tail_image_url"},
        scale=IN_TENTHS,
    ),
    Request(
        api="kie",
        name="Kling25TurboPro",
        least={"prompt": "a tea garden"},
        defaults={"duration": "5", "aspect_ratio": WIDE, "cfg_scale": 0.5},
        lengths={"prompt": 2500, "negative_prompt": 2500},
        choices={"aspect_ratio": THREE, "duration": STRINGS},
        scale=IN_TENTHS,
    ),
    Request(name="Text2Video", others=CAMERA, **NATIVE),
    Request(name="CreateText2Video", others=CAMERA | DELIVERY, closed=False, **on_the_wire(NATIVE)),
    Request(name="Text2Video", others=CAMERA, **RELAY),
    Request(name="CreateText2Video", others=CAMERA | DELIVERY, closed=False, **on_the_wire(RELAY)),
    Request(api="native", **OFFICIAL),
    Request(api="relay", **OFFICIAL),
]

TASK = {
    "task_id": "id",
    "task_status": "word",
    "task_status_msg": "text",
    "task_info": "object",
    "task_result": "object",
    "created_at": "number",
    "updated_at": "number",
    "final_unit_deduction": "text",
}
RELAYED = {**TASK, "created_at": "integer", "updated_at": "integer"}
ENVELOPE = {"code": "code", "message": "text", "request_id": "text", "data": "object"}
VIDEO = {"id": "text", "url": "text", "watermark_url": "text", "duration": "number or text"}
RECORD = {
    **dict.fromkeys(["taskId", "model", "state", "param", "resultJson", "failMsg"], "text"),
    **dict.fromkeys(["costTime", "completeTime", "createTime", "updateTime"], "integer"),
    **dict.fromkeys(["progress", "creditsConsumed"], "number"),
    "failCode": "integer or text",
}
KIE_ENVELOPE = {"code": "code", "msg": "text", "message": "text", "data": "object"}
ANSWERS: dict[str, dict[str, dict[str, str]]] = {
    "kie": {
        **dict.fromkeys(["CreateTaskResponse", "RecordInfoResponse", "TaskCallback"], KIE_ENVELOPE),
        "ErrorResponse": {**KIE_ENVELOPE, "data": "anything"},
        "CreatedTask": {"taskId": "text"},
        "RecordInfo": RECORD,
        "TaskParam": {"model": "text", "input": "object", "callBackUrl": "text"},
        "TaskResult": {"resultUrls": "list of text", "resultObject": "object"},
    },
    "native": {
        "TaskAnswer": TASK,
        "TaskCallback": TASK,
        "TaskData": {**TASK, "task_id": "text"},
        "TaskEnvelope": ENVELOPE,
        "ErrorResponse": {**ENVELOPE, "data": "anything"},
    },
    "relay": {
        "TaskAnswer": {**RELAYED, "task_id": "text"},
        "TaskCallback": RELAYED,
        "Text2VideoResponse": ENVELOPE,
        "ErrorResponse": {**ENVELOPE, "data": "anything"},
    },
}
"""Schema -> field -> kind; all kinds but `id` and `code` may be null, too."""
for api in ("native", "relay"):
    ANSWERS[api].update(
        TaskInfo={"external_task_id": "text"}, TaskResult={"videos": "list of objects"}, TaskVideo=VIDEO
    )

OFFICIAL_CODES = {
    *{1000, 1001, 1002, 1003, 1004, 1100, 1101, 1102, 1103, 1200, 1201, 1202, 1203},
    *{1300, 1301, 1302, 1303, 1304, 5000, 5001, 5002},
}
OFFICIAL_STATUSES = {200, 400, 401, 403, 404, 429, 500, 503, 504}
KIE_CODES = {200, 400, 401, 402, 404, 422, 429, 433, 455, 500, 501, 505}
APIS = [
    Api(
        name="kie",
        create=("/api/v1/jobs/createTask", "createTask"),
        query=("/api/v1/jobs/recordInfo", "getRecordInfo"),
        body={
            "oneOf": [
                component(name) for name in ("CreateKling26TextToVideo", "CreateKling21Pro", "CreateKling25TurboPro")
            ]
        },
        statuses=KIE_CODES,
        codes=KIE_CODES,
        states=("TaskState", ["waiting", "success", "fail"]),
        callback=("taskEnded", "{$request.body#/callBackUrl}"),
        link={"taskId": "$response.body#/data/taskId"},
    ),
    Api(
        name="native",
        create=("/v1/videos/text2video", "createText2Video"),
        query=("/v1/videos/text2video/{task_id}", "getText2Video"),
        body=component("CreateText2Video"),
        statuses=OFFICIAL_STATUSES,
        codes={400, 401, 403, 429, 500} | {0, 404} | OFFICIAL_CODES,
        states=("TaskStatus", ["submitted", "processing", "completed", "failed"]),
        callback=("taskChanged", "{$request.body#/callback_url}"),
        link={"task_id": "$response.body#/task_id"},
    ),
    Api(
        name="relay",
        create=("/kling/v1/videos/text2video", "createText2Video"),
        query=("/kling/v1/videos/text2video/{task_id}", "getText2Video"),
        body=component("CreateText2Video"),
        statuses=OFFICIAL_STATUSES,
        codes={0} | OFFICIAL_CODES,
        states=("TaskStatus", ["submitted", "processing", "succeed", "failed"]),
        callback=("taskChanged", "{$request.body#/callback_url}"),
        link={"task_id": "$response.body#/data/task_id"},
    ),
]
