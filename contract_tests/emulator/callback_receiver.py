"""A receiver of callbacks without HTTP (an emulator's `post` function), and tasks with callbacks to it."""

import json
from typing import Any

from contract_tests.emulator.kit import Api, ApiClass, Kie
from klingkit.emulator import AfterSeconds, Fault

SECRET = "whsec_c2VjcmV0"
SIGNING = {"kie": "a key", "native": SECRET, "relay": SECRET}
URL = "http://receiver.example/"


class RecordingPost:
    """Stands for a receiver: records the bodies of callbacks in the order of their arrival."""

    def __init__(self, status: int = 200) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.status = status

    def __call__(self, url: str, body: bytes) -> int:
        assert url == URL
        self.bodies.append(json.loads(body))
        return self.status

    def states(self, api_class: ApiClass) -> list[str]:
        bodies = [body["data"] if api_class is Kie else body for body in self.bodies]
        return [body[api_class.state] for body in bodies]


def created_task(api_class: ApiClass, *faults: Fault, post: RecordingPost, **options: Any) -> tuple[Api, str]:
    """Create a task that takes a minute, whose callbacks go to `post`; return its API and its id."""
    api = api_class.on_emulator(AfterSeconds(60), faults=faults, post=post, **options)
    return api, api.create_task(api_class.body_with_callback(URL))


def advance(api: Api, seconds: float) -> None:
    api.emulator.clock.advance(seconds)
    api.emulator.wait_idle()
