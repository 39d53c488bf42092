"""What can be wrong with a request, before each API says it in its own words and codes."""

from collections.abc import Mapping
from enum import Enum
from typing import NamedTuple


class Problem(Enum):
    """A reason to refuse a request. Each API has a code for every one."""

    NO_KEY = "it brings no API key"
    ODD_KEY = "what it brings is no bearer key"
    UNKNOWN_KEY = "nobody has this key"
    FORGED_KEY = "the token is signed with another secret"
    EARLY_KEY = "the token is not valid yet"
    LATE_KEY = "the token is not valid any more"
    UNREADABLE = "its body can't be read"
    VALUE = "a field is missing, unknown or wrong"
    MODEL = "there is no such model"
    TASK = "this key has no such task"
    PATH = "the API has no such path"
    METHOD = "the path has no such method"
    PACE = "this key creates tasks too fast"
    SLOTS = "this key has too many tasks that are not finished"


class Code(NamedTuple):
    """How an API refuses: the HTTP status, and the code in the body."""

    status: int
    code: int | str


# Where the code in the body is the HTTP status, and the status means what it means to HTTP.
HTTP = {
    Problem.NO_KEY: Code(401, 401),
    Problem.ODD_KEY: Code(401, 401),
    Problem.UNKNOWN_KEY: Code(401, 401),
    Problem.FORGED_KEY: Code(401, 401),
    Problem.EARLY_KEY: Code(401, 401),
    Problem.LATE_KEY: Code(401, 401),
    Problem.UNREADABLE: Code(400, 400),
    Problem.VALUE: Code(400, 400),
    Problem.MODEL: Code(400, 400),
    Problem.TASK: Code(404, 404),
    Problem.PATH: Code(404, 404),
    Problem.METHOD: Code(405, 405),
    Problem.PACE: Code(429, 429),
    Problem.SLOTS: Code(429, 429),
}


class Refused(Exception):
    """The request is refused; `detail` tells its sender why."""

    def __init__(self, problem: Problem, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.problem = problem
        self.detail = detail
        self.headers = headers
