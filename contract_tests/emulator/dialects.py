"""The APIs in the dialects observed on running services; `kit` has the documented ones. The data are copied by hand."""

from typing import Any, ClassVar

import httpx

from contract_tests.emulator.kit import Api, Kie, Native, Relay
from klingkit.emulator import Clock, Emulator, Finish, VirtualClock

AXES = ("horizontal", "vertical", "pan", "tilt", "roll", "zoom")
MOVES = ("down_back", "forward_up", "right_turn_forward", "left_turn_forward")


class DialectApi(Api):
    """An API of an emulator in one dialect (the form of requests and responses that a kind of service uses)."""

    dialect: ClassVar[Any]

    @classmethod
    def on_emulator(cls, finish: Finish | None = None, clock: Clock | None = None, **options: Any) -> Any:
        return cls(Emulator(finish=finish, clock=clock or VirtualClock(), dialect=cls.dialect, **options))


class OfficialKie(DialectApi, Kie):
    """kie.ai as observed: all errors have HTTP 200."""

    dialect = "official"
    vendor_states: ClassVar = Kie.vendor_states | {"running": "generating"}
    codes: ClassVar = {problem: (200, code) for problem, (_, code) in Kie.codes.items()} | {
        "task": (200, 422),
        "path": (404, 404),
        "method": (405, 405),
    }


class Official(DialectApi, Relay):
    """The official API: responses in an envelope, the state `succeed`, numbers as strings."""

    dialect = "official"
    models: ClassVar[Any] = (
        "kling-v1",
        "kling-v1-5",
        "kling-v1-6",
        "kling-v2-master",
        "kling-v2-1-master",
        "kling-v2-5-turbo",
    )
    codes: ClassVar = {**Relay.codes, "method": (404, 1202)}
    costs_path: ClassVar[str]

    @classmethod
    def body(cls, model: object = None, /, **changes: object) -> dict[str, Any]:
        return {"prompt": "雨中的猫", **({"model_name": model} if model else {}), **changes}


class OfficialNative(Official):
    name = "native"
    create_path = Native.create_path
    query_path = Native.query_path
    costs_path = "/account/costs"


class OfficialRelay(Official):
    costs_path = "/kling/account/costs"


class RelayFormat(DialectApi, Relay):
    """A relay whose error codes are words."""

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
    def message(cls, response: httpx.Response, problem: str) -> str:
        body = response.json()
        assert (response.status_code, body["code"]) == cls.codes[problem], body
        assert body == {"code": body["code"], "message": body["message"], "data": None}
        return str(body["message"])


class WrappedRelay(RelayFormat):
    dialect = "relay"
    vendor_states: ClassVar = {
        "accepted": "NOT_START",
        "running": "IN_PROGRESS",
        "succeeded": "SUCCESS",
        "failed": "FAILURE",
    }

    @classmethod
    def data(cls, response: httpx.Response) -> dict[str, Any]:
        body = response.json()
        assert (response.status_code, body["code"], body["message"]) == (200, "success", ""), body
        data: dict[str, Any] = body["data"]
        return data

    @classmethod
    def url(cls, record: dict[str, Any]) -> str:
        return str(Relay.url(record["data"]["data"]))


class FlatRelay(RelayFormat):
    dialect = "relay-flat"
    vendor_states: ClassVar = {
        "accepted": "queued",
        "running": "in_progress",
        "succeeded": "completed",
        "failed": "failed",
    }

    @classmethod
    def data(cls, response: httpx.Response) -> dict[str, Any]:
        body: dict[str, Any] = response.json()
        assert response.status_code == 200, body
        return body

    @classmethod
    def url(cls, record: dict[str, Any]) -> str:
        return str(record["url"])


DIALECTS: tuple[type[DialectApi], ...] = (OfficialNative, OfficialRelay, WrappedRelay, FlatRelay)
