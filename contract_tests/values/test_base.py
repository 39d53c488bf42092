"""Tests that the text form of task references does not change, for stored ones must read back."""

import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klingkit import InvalidRequest, TaskRef

REF_BY_TEXT = [
    ("kie:jobs:281e5b0", TaskRef("kie", "jobs", "281e5b0")),
    ("native:text2video:CmYgjmbyMToAAAAAAF6svw", TaskRef("native", "text2video", "CmYgjmbyMToAAAAAAF6svw")),
    ("relay@acme:text2video:912345678901234567", TaskRef("relay", "text2video", "912345678901234567", "acme")),
    ("kie@team.a-1_b:jobs:a:b@c/d", TaskRef("kie", "jobs", "a:b@c/d", "team.a-1_b")),
]


@pytest.mark.parametrize(("text", "ref"), REF_BY_TEXT)
def test_a_reference_reads_back_from_its_text(text: str, ref: TaskRef):
    assert str(ref) == text
    assert TaskRef.parse(text) == ref


@given(st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=64))
def test_any_printable_id_reads_back(task_id: str):
    if task_id in {".", ".."}:
        return
    ref = TaskRef("relay", "text2video", task_id)
    assert TaskRef.parse(str(ref)) == ref
    assert pickle.loads(pickle.dumps(ref)) == ref


@pytest.mark.parametrize("task_id", ["", ".", "..", "a b", "a\nb", "\x00", "x" * 513, "a\u2028b", 5, None])
def test_invalid_ids_are_refused(task_id: Any):
    with pytest.raises(InvalidRequest, match="task id"):
        TaskRef("kie", "jobs", task_id)


@pytest.mark.parametrize(
    "text",
    ["", "kie", "kie:jobs", "kie:jobs:", "Kie:jobs:a", "kie@:jobs:a", "kie:jobs:..", "kie:JOBS:a", "9:jobs:a", None, 5],
)
def test_invalid_texts_are_refused(text: Any):
    with pytest.raises(InvalidRequest):
        TaskRef.parse(text)


@pytest.mark.parametrize(
    ("api", "route", "account"), [("kie:x", "jobs", None), ("kie", "a:b", None), ("kie", "j", "a:b")]
)
def test_parts_that_would_not_read_back_are_refused(api: str, route: str, account: str | None):
    with pytest.raises(InvalidRequest, match="task reference"):
        TaskRef(api, route, "a", account)


def test_references_are_hashable_and_immutable():
    ref = TaskRef("kie", "jobs", "a")
    assert {ref, TaskRef.parse("kie:jobs:a")} == {ref}
    with pytest.raises(AttributeError):
        ref.id = "b"  # type: ignore[misc]  # it is frozen
