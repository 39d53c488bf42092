"""Responses of kie.ai as its documents state and as they were observed."""

from __future__ import annotations

import json
from typing import Any

import httpx

from klingkit import TaskRef
from klingkit.kie import Kie, Kling21Pro, Kling25TurboPro, Kling26TextToVideo

KEY = "key-of/nobody-0123456789"
API = Kie(KEY, "http://kie.test")
REF = TaskRef("kie", "jobs", "281e5b0")
CREATE = "http://kie.test/api/v1/jobs/createTask"
QUERY = "http://kie.test/api/v1/jobs/recordInfo"

CAT = Kling26TextToVideo(prompt="a cat in the rain")
REQUESTS: dict[str, Kling26TextToVideo | Kling21Pro | Kling25TurboPro] = {
    "kling-2.6/text-to-video": CAT,
    "kling/v2-1-pro": Kling21Pro(prompt="the boat drifts away", image_url="https://studio.example/boat.png"),
    "kling/v2-5-turbo-text-to-video-pro": Kling25TurboPro(prompt="雪落在湖面上"),
}


def created(task_id: str = REF.id) -> httpx.Response:
    return httpx.Response(200, json={"code": 200, "msg": "success", "data": {"taskId": task_id}})


def refused(code: int, status: int = 200, msg: str = "no", **headers: str) -> httpx.Response:
    return httpx.Response(status, json={"code": code, "msg": msg, "data": None}, headers=headers)


def record(state: str, **fields: Any) -> httpx.Response:
    data = {"taskId": REF.id, "state": state, "createTime": 1757584164490, **fields}
    return httpx.Response(200, json={"code": 200, "msg": "success", "data": data})


def finished(*urls: str) -> httpx.Response:
    urls = urls or ("http://media.test/cat.mp4",)
    return record("success", resultJson=json.dumps({"resultUrls": urls}), completeTime=1757584264490)
