"""The paths that the variants of Kling's own text-to-video API have in common."""

from collections.abc import Callable
from operator import itemgetter

from klingkit.emulator.profiles._profile import SLASH, Operation

prompt = itemgetter("prompt")


def classify_below(base: str) -> Callable[[str, str, str], tuple[Operation, str | None]]:
    """Return what classifies the requests of an API whose tasks are at this path."""

    def classify(method: str, path: str, _: str) -> tuple[Operation, str | None]:
        if path == base:
            return "create" if method == "POST" else "list" if method == "GET" else "other", None
        task_id = path.removeprefix(f"{base}/")
        if method == "GET" and task_id not in {path, ""} and "/" not in task_id:
            return "query", task_id.replace(SLASH, "/")
        return "other", None

    return classify
