"""Good requests of each API, and ways to send them."""

from __future__ import annotations

from typing import Any

import httpx

from klingkit.contract import Contract

KEY = {"Authorization": "Bearer key-of-nobody"}

PATHS = {
    "kie": ("/api/v1/jobs/createTask", "/api/v1/jobs/recordInfo?taskId=t-1"),
    "native": ("/v1/videos/text2video", "/v1/videos/text2video/t-1"),
    "relay": ("/kling/v1/videos/text2video", "/kling/v1/videos/text2video/t-1"),
}

TURBO = {"model": "kling/v2-5-turbo-text-to-video-pro", "input": {"prompt": "a cat"}}
IMAGE = {"model": "kling/v2-1-pro", "input": {"prompt": "a cat", "image_url": "https://studio.test/cat.png"}}
SOUND = {
    "model": "kling-2.6/text-to-video",
    "input": {"prompt": "a cat", "sound": True, "aspect_ratio": "1:1", "duration": "5"},
}
NATIVE = {"model_name": "kling-v1-6", "mode": "std", "prompt": "a cat"}
RELAY = {"model_name": "kling-v1-6", "prompt": "a cat"}
GOOD: dict[str, dict[str, Any]] = {"kie": TURBO, "native": NATIVE, "relay": RELAY}


def with_input(body: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {**body, "input": {**body["input"], **fields}}


def creation(api: str, body: object = None, **options: Any) -> httpx.Request:
    options = {"json": GOOD[api] if body is None else body, "headers": KEY, **options}
    return httpx.Request("POST", f"https://host.test{PATHS[api][0]}", **options)


def query(api: str) -> httpx.Request:
    return httpx.Request("GET", f"https://host.test{PATHS[api][1]}", headers=KEY)


def told(contract: Contract, request: httpx.Request) -> list[str]:
    return [str(violation) for violation in contract.request(request)]
