"""Responses of kie.ai as its documents state and as they were observed."""

from __future__ import annotations

import json
from typing import Any

import httpx

from klingkit import TaskRef
from klingkit.kie import Kie, Kling21Pro, Kling25TurboPro, Kling26TextToVideo

API_KEY = "key-of/nobody-0123456789"
KIE_API = Kie(API_KEY, "http://kie.test")
TASK_REF = TaskRef("kie", "jobs", "281e5b0")
SUBMIT_URL = "http://kie.test/api/v1/jobs/createTask"
QUERY_URL = "http://kie.test/api/v1/jobs/recordInfo"

CAT_REQUEST = Kling26TextToVideo(prompt="a cat in the rain")
REQUEST_BY_MODEL: dict[str, Kling26TextToVideo | Kling21Pro | Kling25TurboPro] = {
    "kling-2.6/text-to-video": CAT_REQUEST,
    "kling/v2-1-pro": Kling21Pro(prompt="the boat drifts away", image_url="https://studio.example/boat.png"),
    "kling/v2-5-turbo-text-to-video-pro": Kling25TurboPro(prompt="雪落在湖面上"),
}


def created_response(task_id: str = TASK_REF.id) -> httpx.Response:
    return httpx.Response(200, json={"code": 200, "msg": "success", "data": {"taskId": task_id}})


def error_response(code: int, status: int = 200, msg: str = "no", **headers: str) -> httpx.Response:
    return httpx.Response(status, json={"code": code, "msg": msg, "data": None}, headers=headers)


def task_response(state: str, **fields: Any) -> httpx.Response:
    data = {"taskId": TASK_REF.id, "state": state, "createTime": 1757584164490, **fields}
    return httpx.Response(200, json={"code": 200, "msg": "success", "data": data})


def finished_response(*urls: str) -> httpx.Response:
    urls = urls or ("http://media.test/cat.mp4",)
    return task_response("success", resultJson=json.dumps({"resultUrls": urls}), completeTime=1757584264490)
