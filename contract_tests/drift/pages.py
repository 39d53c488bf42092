"""Documents and facts files made by hand, as if readers had found these facts."""

import copy

from scripts.documents import Document
from scripts.facts.sheets import FactsByPlace, FactValues, Sheet

CREATE: FactValues = {
    "method": "POST",
    "path": "/v9/jobs/create",
    "host": "https://api.example",
    "content_type": "application/json",
}
QUERY: FactValues = {"method": "GET", "path": "/v9/jobs/info", "host": "https://api.example"}
FACTS: FactsByPlace = {
    "auth": {"scheme": "bearer", "header": "Authorization"},
    "callback": {"field": "callBackUrl", "method": "POST"},
    "codes": {"enum": [200, 400, 500]},
    "headers.Accept": {"type": "string", "required": True, "sample": "application/json"},
    "models.tick-1/text-to-video": {"features": ["sound"]},
    "polling": {"seconds": [5, 10], "queries_per_second": 10},
    "query.request": QUERY,
    "query.request.taskId": {"type": "string", "required": True, "in": "query"},
    "query.response.data.state": {"type": "string", "enum": ["done", "queued"]},
    "query.response.data.url": {"type": "string", "stated_by": "sample"},
    "query.response.sample": {"valid": True},
    "request": CREATE,
    "request.callBackUrl": {"type": "string", "required": False},
    "request.input": {"type": "object", "required": True},
    "request.input.length": {"type": "string", "required": True, "enum": [5, 10], "default": 5},
    "request.input.prompt": {"type": "string", "required": True, "max_length": 1000},
    "request.input.scale": {
        "type": "number",
        "required": False,
        "minimum": 0,
        "maximum": 1,
        "step": 0.1,
        "default": 0.5,
    },
    "request.model": {"type": "string", "required": True, "enum": ["tick-1/text-to-video"]},
    "request.sample": {"valid": True},
    "response.code": {"type": "integer"},
    "response.data": {"type": "object"},
    "response.data.taskId": {"type": "string", "required": True},
    "results": {"lifetime_hours": 24},
}
MODEL = "tick-1/text-to-video"


def facts(*gone, **changed):
    """`FACTS` without the places in `gone` and with facts added: ``place__name=value``, two underscores for a dot."""
    facts = {place: copy.deepcopy(values) for place, values in FACTS.items() if not place.startswith(gone or ("-",))}
    for key, value in changed.items():
        place, _, name = key.rpartition("__")
        facts.setdefault(place.replace("__", "."), {})[name] = value
    return facts


def page(values=None, models=(MODEL,), name="a-page"):
    return Document(
        name=name,
        form="tables",
        api=None,
        models=tuple(models),
        sha256="0" * 64,
        facts=facts() if values is None else values,
    )


def sheet(stated=None, models=(MODEL,), **values):
    return Sheet(
        document="tick",
        form="tables",
        api=None,
        models=tuple(models),
        sha256="0" * 64,
        facts=facts() if stated is None else stated,
        **values,
    )
