"""Subjects of requests: the tasks, and their prompts, that faults depend on."""

import json
from typing import Any, cast
from urllib.parse import parse_qs

from starlette.datastructures import Headers

from klingkit.emulator.apis._auth import claimed_owner
from klingkit.emulator.faults._middleware import Subject, VideoUrl
from klingkit.emulator.http._asgi import Scope
from klingkit.emulator.http._classification import RequestInfo, request_info
from klingkit.emulator.profiles import PROFILES, Api
from klingkit.emulator.tasks._table import Tasks
from klingkit.emulator.tasks._task import Task

MAX_DIGITS = 9  # of a number of renewals
MAX_UNTIL = 12  # characters of a time, in Unix seconds


class TaskSubjects:
    """Finds the subjects of requests in a table of tasks."""

    def __init__(self, tasks: Tasks) -> None:
        self._tasks = tasks

    def find(self, scope: Scope, body: bytes) -> Subject | None:
        """Return the subject of a request; None: a video is requested that does not exist."""
        info = request_info(scope)
        task = self._task(info, scope)
        api = info.api or (cast("Api", task.request.api) if task else None)
        if api is None:
            return None
        prompt = task.request.prompt if task else _prompt(api, body)
        url = _video_url(task, info.query) if task and info.operation == "media" else None
        return Subject(api, prompt, url, task.fault if task else None)

    def renew(self, url: VideoUrl) -> None:
        """Give the task's video a URL that comes after this one."""
        self._tasks.renew_url(url.task_id, url.renewals + 1)

    def _task(self, info: RequestInfo, scope: Scope) -> Task | None:
        if info.task_id is None:
            return None
        if (task := self._tasks.get(info.task_id)) or info.api is None:
            return task
        owner = claimed_owner(Headers(raw=scope["headers"]).get("Authorization", ""))
        return self._tasks.find(info.task_id, api=info.api, owner=owner)


def _video_url(task: Task, query: str) -> VideoUrl:
    parameters = parse_qs(query)
    renewals = parameters.get("renewed", ["0"])[0]
    is_number = renewals.isascii() and renewals.isdecimal() and len(renewals) <= MAX_DIGITS
    until = parameters.get("until", [""])[0][:MAX_UNTIL]  # it is remembered if it expires
    return VideoUrl(task.id, int(renewals) if is_number else 0, until)


def _prompt(api: Api, body: bytes) -> str | None:
    """Return the prompt in the body of a creation, which may be invalid."""
    try:
        content: Any = json.loads(body)
        prompt = PROFILES[api].prompt(content)
    except (ValueError, LookupError, TypeError, RecursionError):
        return None
    return prompt if isinstance(prompt, str) else None
