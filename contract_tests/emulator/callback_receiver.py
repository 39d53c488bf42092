"""A receiver of callbacks in process, and tasks that call it."""

import json
from typing import Any

from contract_tests.emulator.kit import Api, Kie, Kind
from klingkit.emulator import AfterSeconds, Fault

SECRET = "whsec_c2VjcmV0"
SIGNING = {"kie": "a key", "native": SECRET, "relay": SECRET}
URL = "http://receiver.example/"


class Post:
    """Stands for a receiver: what came, in its order."""

    def __init__(self, status: int = 200) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.status = status

    def __call__(self, url: str, body: bytes) -> int:
        assert url == URL
        self.bodies.append(json.loads(body))
        return self.status

    def states(self, kind: Kind) -> list[str]:
        bodies = [body["data"] if kind is Kie else body for body in self.bodies]
        return [body[kind.state] for body in bodies]


def created(kind: Kind, *faults: Fault, post: Post, **options: Any) -> tuple[Api, str]:
    """A task that takes a minute, with a receiver of its callbacks."""
    api = kind.on(AfterSeconds(60), faults=faults, post=post, **options)
    return api, api.make(kind.calling(URL))


def advance(api: Api, seconds: float) -> None:
    api.emulator.clock.advance(seconds)
    api.emulator.wait_idle()
