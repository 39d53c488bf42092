"""API errors, before each API gives them its own codes and messages."""

from collections.abc import Mapping
from enum import Enum
from typing import NamedTuple


class ErrorReason(Enum):
    """Why a request is rejected. Each API has a code for every reason."""

    NO_KEY = "it has no API key"
    INVALID_KEY = "its header has no bearer key"
    UNKNOWN_KEY = "the key does not exist"
    WRONG_SIGNATURE = "the token is signed with another secret"
    KEY_NOT_YET_VALID = "the token is not valid yet"
    KEY_EXPIRED = "the token has expired"
    UNREADABLE = "its body can't be read"
    VALUE = "a field is missing, unknown or wrong"
    MODEL = "the model does not exist"
    TASK = "this key has no such task"
    PATH = "the API has no such path"
    METHOD = "the path has no such method"
    RATE = "this key creates tasks too fast"
    SLOTS = "this key has too many unfinished tasks"
    STORAGE = "the task can't be kept"


KEY_ERRORS = (
    *(ErrorReason.NO_KEY, ErrorReason.INVALID_KEY, ErrorReason.UNKNOWN_KEY),
    *(ErrorReason.WRONG_SIGNATURE, ErrorReason.KEY_NOT_YET_VALID, ErrorReason.KEY_EXPIRED),
)


class ErrorCode(NamedTuple):
    """The HTTP status of an API error, and the code in its body."""

    status: int
    code: int | str


HTTP_CODES: Mapping[ErrorReason, ErrorCode] = {
    **dict.fromkeys(KEY_ERRORS, ErrorCode(401, 401)),
    ErrorReason.UNREADABLE: ErrorCode(400, 400),
    ErrorReason.VALUE: ErrorCode(400, 400),
    ErrorReason.MODEL: ErrorCode(400, 400),
    ErrorReason.TASK: ErrorCode(404, 404),
    ErrorReason.PATH: ErrorCode(404, 404),
    ErrorReason.METHOD: ErrorCode(405, 405),
    ErrorReason.RATE: ErrorCode(429, 429),
    ErrorReason.SLOTS: ErrorCode(429, 429),
    ErrorReason.STORAGE: ErrorCode(500, 500),
}
"""For APIs whose code in the body is the HTTP status."""


class ApiError(Exception):
    """The request is rejected; `message` tells its sender why."""

    def __init__(self, reason: ErrorReason, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.headers = headers
