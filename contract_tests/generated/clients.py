"""The generated clients as data: what differs between them in tests that all of them share."""

from types import ModuleType
from typing import Any

from attrs import frozen

from klingkit_api import kie, native, relay
from klingkit_api.kie import models as kie_models
from klingkit_api.kie.api.jobs import create_task, get_record_info
from klingkit_api.native import models as native_models
from klingkit_api.native.api.videos import create_text_2_video as native_create
from klingkit_api.native.api.videos import get_text_2_video as native_get
from klingkit_api.relay import models as relay_models
from klingkit_api.relay.api.videos import create_text_2_video as relay_create
from klingkit_api.relay.api.videos import get_text_2_video as relay_get

QUERY_ARGUMENTS = {"task_id": "t/1 &"}
OFFICIAL_ERRORS = {400, 401, 403, 404, 429, 500, 503, 504}
KIE_ERRORS = {400, 401, 402, 404, 422, 429, 433, 455, 500, 501, 505}
KIE_RECORD = {
    "taskId": "t1",
    "model": "kling-2.6/text-to-video",
    "state": "success",
    "param": "{}",
    "resultJson": '{"resultUrls":["https://media.example/cat.mp4"]}',
    "failCode": "",
    "failMsg": "",
    "costTime": 61000,
    "completeTime": 1700000061000,
    "createTime": 1700000000000,
}
FINISHED_TASK = {
    "task_id": "900000000000000001",
    "task_status": "completed",
    "task_status_msg": "done",
    "task_info": {"external_task_id": "order-1042", "newer": 1},
    "task_result": {"videos": [{"id": "v1", "url": "https://media.example/cat.mp4", "duration": "5.1", "newer": 1}]},
    "created_at": 1700000000000,
    "updated_at": 1700000090000,
    "final_unit_deduction": "3.5",
    "newer": [1],
}
FAILED_TASK = {"task_id": "t2", "task_status": "failed", "task_status_msg": "no", "task_result": None}
TASK_IN_UNKNOWN_STATE = {"task_id": "t3", "task_status": "resting"}
ERROR_RESPONSES: list[dict[str, Any]] = [
    {"code": 1102, "message": "used up", "request_id": "r1", "data": None},
    {"code": 1303, "message": "too many"},
    {"code": 99999, "data": {}},
]


@frozen(kw_only=True)
class GeneratedClient:
    """One generated client, a request of it, and responses that it reads."""

    package: ModuleType
    models: ModuleType
    create: Any
    query: Any
    body: Any
    id_field: str
    """The name of the task's id."""
    path: str
    query_url: str
    """The path and query of the URL that `QUERY_ARGUMENTS` make."""
    errors: set[int]
    responses: list[tuple[str, dict[str, Any]]]
    """The class and the JSON of responses under HTTP 200."""

    def __str__(self) -> str:
        return self.package.__name__.rpartition(".")[2]


def enveloped_responses(name: str, *data: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Return the class and the JSON of each task inside an envelope."""
    return [(name, {"code": 0, "message": "SUCCEED", "request_id": "r1", "data": task}) for task in data]


def error_responses(name: str) -> list[tuple[str, dict[str, Any]]]:
    return [(name, response) for response in ERROR_RESPONSES]


CLIENTS = [
    GeneratedClient(
        package=kie,
        models=kie_models,
        create=create_task,
        query=get_record_info,
        body=kie_models.CreateKling26TextToVideo(kie_models.Kling26TextToVideo(prompt="a cat")),
        id_field="taskId",
        path="/api/v1/jobs/createTask",
        query_url="/api/v1/jobs/recordInfo?taskId=t%2F1+%26",
        errors=KIE_ERRORS,
        responses=[
            *[
                ("RecordInfoResponse", {"code": 200, "msg": "success", "data": data})
                for data in (KIE_RECORD, dict.fromkeys(KIE_RECORD), {**KIE_RECORD, "state": "generating", "newer": [1]})
            ],
            ("RecordInfoResponse", {"code": 422, "msg": "no such record", "data": None}),
            ("RecordInfoResponse", {"code": 422, "trace": "x"}),
        ],
    ),
    GeneratedClient(
        package=native,
        models=native_models,
        create=native_create,
        query=native_get,
        body=native_models.CreateText2Video(model_name="kling-v2-1", mode="std", prompt="a lighthouse"),
        id_field="task_id",
        path="/v1/videos/text2video",
        query_url="/v1/videos/text2video/t%2F1%20%26",
        errors=OFFICIAL_ERRORS,
        responses=[
            *[
                ("TaskResponse", task)
                for task in (FINISHED_TASK, FAILED_TASK, TASK_IN_UNKNOWN_STATE, {**FINISHED_TASK, "code": 0})
            ],
            *enveloped_responses("TaskEnvelope", FINISHED_TASK, FAILED_TASK, TASK_IN_UNKNOWN_STATE),
            *error_responses("TaskEnvelope"),
        ],
    ),
    GeneratedClient(
        package=relay,
        models=relay_models,
        create=relay_create,
        query=relay_get,
        body=relay_models.CreateText2Video(model_name="kling-v1", prompt="a night train", duration="5"),
        id_field="task_id",
        path="/kling/v1/videos/text2video",
        query_url="/kling/v1/videos/text2video/t%2F1%20%26",
        errors=OFFICIAL_ERRORS,
        responses=[
            *enveloped_responses("Text2VideoResponse", FINISHED_TASK, FAILED_TASK, TASK_IN_UNKNOWN_STATE, {}),
            *error_responses("Text2VideoResponse"),
        ],
    ),
]
