"""Mutation operators for keys that no spec here has: those of OpenAPI that nothing looks at, and slips of the pen."""

from collections.abc import Iterator
from typing import Any, Final

from scripts.mutation.sites import Edit, Operator, Site, renamed

HEADER: Final = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}}
FOREIGN: Final[dict[str, dict[str, Any]]] = {
    "document": {"webhooks": {}, "jsonSchemaDialect": "https://spec.openapis.org/oas/3.1/dialect/base"},
    "info": {"license": {"name": "MIT"}, "termsOfService": "https://studio.example/terms"},
    "server": {"x-region": "cn"},
    "item": {"summary": "Tasks.", "servers": [{"url": "https://other.example"}]},
    "operation": {
        "deprecated": True,
        "servers": [{"url": "https://other.example"}],
        "externalDocs": {"url": "https://studio.example"},
    },
    "parameter": {
        "style": "deepObject",
        "explode": True,
        "allowReserved": True,
        "allowEmptyValue": True,
        "deprecated": True,
    },
    "body": {"x-body-name": "task"},
    "media": {"encoding": {"prompt": {"contentType": "text/plain"}}},
    "response": {"headers": HEADER},
    "link": {"requestBody": "$response.body#/data", "server": {"url": "https://other.example"}},
    "scheme": {"bearerFormat": "JWT", "openIdConnectUrl": "https://studio.example"},
    "schema": {
        "deprecated": True,
        "readOnly": True,
        "writeOnly": True,
        "nullable": True,
        "example": "a",
        "xml": {"name": "a"},
        "$comment": "unchecked",
    },
}
"""Kind of site -> keys that somebody may add, with a value."""


def foreign_keys(site: Site) -> Iterator[Edit]:
    """Add a key that OpenAPI has for such an object, and no check looks at."""
    for key, value in FOREIGN.get(site.kind, {}).items():
        if key not in site.node and "$ref" not in site.node:
            yield Edit("add key", f"/{key}", {**site.node, key: value})


def slips(site: Site) -> Iterator[Edit]:
    """Misspell a note, or add it misspelt beside the right one."""
    for key, value in site.node.items():
        if key.startswith("x-"):
            other = f"{key}s"
            yield Edit("misspell key", f"/{key}", renamed(site.node, key, other), other)
            yield Edit("add misspelt key", f"/{key}", {**site.node, other: value}, other)


OPERATORS: tuple[Operator, ...] = (foreign_keys, slips)
"""What is done to every site."""
