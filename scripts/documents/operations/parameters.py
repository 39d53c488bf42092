"""The parameters of a query that a line names under a label, as `parameter: id (in the URL)`."""

import re
from collections.abc import Iterator

from scripts.documents.markdown.blocks import Text
from scripts.documents.markdown.outline import Passage, labels
from scripts.documents.markdown.vocabulary import field_name
from scripts.documents.operations.page import Page

_LABEL = re.compile(r"(?:查询|请求|路径)?参数|(?:query |path )?parameters?", re.IGNORECASE)
_LOCATION = {
    "path": re.compile(r"路径|\bpath\b", re.IGNORECASE),
    "query": re.compile(r"url|查询|\bquery", re.IGNORECASE),
    "header": re.compile(r"请求头|\bheader", re.IGNORECASE),
    "body": re.compile(r"请求体|\bbody\b", re.IGNORECASE),
}


def read_parameters(page: Page) -> None:
    """Read where the parameters of a query are sent."""
    creation, query = "", "query."
    for passage in page.passages if query in page.calls else ():
        if page.operations.evidence(passage, query) >= page.operations.evidence(passage, creation):
            for name, location in _named(passage):
                page.facts.add(f"query.request.{name}", "in", location)


def _named(passage: Passage) -> Iterator[tuple[str, str]]:
    for label, value in labels(passage):
        name = field_name(Text(re.split(r"[(（]", value.marked)[0])) if _LABEL.fullmatch(label.strip()) else None
        location = next((where for where, words in _LOCATION.items() if words.search(value.plain)), None)
        if name and location:
            yield name, location
