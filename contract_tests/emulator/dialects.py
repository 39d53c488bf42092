"""The APIs in the dialects of the field, as `kit` has the documents'; copied by hand from the field facts."""

from typing import Any, ClassVar

import httpx

from contract_tests.emulator.kit import Api, Kie, Native, Relay
from klingkit.emulator import Clock, Emulator, Finish, VirtualClock

AXES = ("horizontal", "vertical", "pan", "tilt", "roll", "zoom")
MOVES = ("down_back", "forward_up", "right_turn_forward", "left_turn_forward")


class Spoken(Api):
    """An API of an emulator that speaks one dialect."""

    dialect: ClassVar[Any]

    @classmethod
    def on(cls, finish: Finish | None = None, clock: Clock | None = None, **options: Any) -> Any:
        return cls(Emulator(finish=finish, clock=clock or VirtualClock(), dialect=cls.dialect, **options))


class OfficialKie(Spoken, Kie):
    """kie.ai as its servers speak: the HTTP status says nothing of a refusal."""

    dialect = "official"
    words: ClassVar = Kie.words | {"running": "generating"}
    codes: ClassVar = {problem: (200, code) for problem, (_, code) in Kie.codes.items()} | {
        "task": (200, 422),
        "path": (404, 404),
        "method": (405, 405),
    }


class Official(Spoken, Relay):
    """The official API: enveloped, `succeed`, strings."""

    dialect = "official"
    models: ClassVar[Any] = (
        "kling-v1",
        "kling-v1-5",
        "kling-v1-6",
        "kling-v2-master",
        "kling-v2-1-master",
        "kling-v2-5-turbo",
    )
    codes: ClassVar = Relay.codes | {"method": (404, 1202)}
    costs: ClassVar[str]

    @classmethod
    def body(cls, model: object = None, /, **changes: object) -> dict[str, Any]:
        return {"prompt": "雨中的猫", **({"model_name": model} if model else {}), **changes}


class OfficialNative(Official):
    name = "native"
    create_path = Native.create_path
    query_path = Native.query_path
    costs = "/account/costs"


class OfficialRelay(Official):
    costs = "/kling/account/costs"


class Shaped(Spoken, Relay):
    """A relay with codes that are words."""

    state = "status"
    codes: ClassVar[Any] = {
        "no key": (401, "invalid_api_key"),
        "odd key": (401, "invalid_api_key"),
        "unknown key": (401, "invalid_api_key"),
        "unreadable": (400, "invalid_request"),
        "value": (400, "invalid_request"),
        "model": (400, "model_not_found"),
        "task": (400, "task_not_exist"),
        "path": (404, "not_found"),
        "method": (405, "method_not_allowed"),
    }

    @classmethod
    def message(cls, answer: httpx.Response, problem: str) -> str:
        body = answer.json()
        assert (answer.status_code, body["code"]) == cls.codes[problem], body
        assert body == {"code": body["code"], "message": body["message"], "data": None}
        return str(body["message"])


class Wrapped(Shaped):
    dialect = "relay"
    words: ClassVar = {
        "accepted": "NOT_START",
        "running": "IN_PROGRESS",
        "succeeded": "SUCCESS",
        "failed": "FAILURE",
    }

    @classmethod
    def data(cls, answer: httpx.Response) -> dict[str, Any]:
        body = answer.json()
        assert (answer.status_code, body["code"], body["message"]) == (200, "success", ""), body
        data: dict[str, Any] = body["data"]
        return data

    @classmethod
    def url(cls, record: dict[str, Any]) -> str:
        return str(Relay.url(record["data"]["data"]))


class Flat(Shaped):
    dialect = "relay-flat"
    words: ClassVar = {
        "accepted": "queued",
        "running": "in_progress",
        "succeeded": "completed",
        "failed": "failed",
    }

    @classmethod
    def data(cls, answer: httpx.Response) -> dict[str, Any]:
        body: dict[str, Any] = answer.json()
        assert answer.status_code == 200, body
        return body

    @classmethod
    def url(cls, record: dict[str, Any]) -> str:
        return str(record["url"])


DIALECTS: tuple[type[Spoken], ...] = (OfficialNative, OfficialRelay, Wrapped, Flat)
