"""Tests that any response becomes a value or a klingkit error."""

import json
from collections.abc import Callable
from functools import partial

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract_tests.support.apis import ALL_APIS, NATIVE, RELAY, ApiCase
from contract_tests.support.kie import TASK_REF
from klingkit import ConfigurationError, KlingkitError, Task, TaskRef
from klingkit.providers.kie import READERS

HTTP_STATUSES = st.sampled_from([200, 201, 302, 400, 401, 404, 408, 409, 422, 429, 455, 500, 502])
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
TYPICAL_TEXTS = st.sampled_from(
    ["waiting", "success", "fail", "", "..", TASK_REF.id, '{"resultUrls": ["u"]}', "501", "NaN", "1e999"]
)
FIELD_NAMES = [*READERS, "task_id", "id", "status", "task_status", "task_result", "error", "data", "url", "progress"]
RECORDS = st.dictionaries(st.sampled_from(FIELD_NAMES), JSON_VALUES | TYPICAL_TEXTS, max_size=8)
ENVELOPES = st.dictionaries(
    st.sampled_from(["code", "msg", "message", "data", "task_id", "task_status"]),
    JSON_VALUES | TYPICAL_TEXTS | RECORDS | st.just(200),
)


def value_or_error_of(read: Callable[[httpx.Response], Task | TaskRef], response: httpx.Response) -> object:
    try:
        return read(response)
    except KlingkitError as error:
        return error


@given(
    st.sampled_from(ALL_APIS),
    HTTP_STATUSES,
    st.binary(max_size=50) | (ENVELOPES | JSON_VALUES).map(lambda value: json.dumps(value).encode()),
)
def test_any_response_is_a_value_or_a_klingkit_error(api_case: ApiCase, status: int, body: bytes):
    response = httpx.Response(status, content=body)
    for value_or_error in (
        value_or_error_of(partial(api_case.api.read_task, api_case.ref), response),
        value_or_error_of(api_case.api.read_submission, response),
    ):
        assert isinstance(value_or_error, Task | TaskRef) or (
            isinstance(value_or_error, KlingkitError) and value_or_error.http_status == status
        )
        if isinstance(value_or_error, TaskRef):
            assert value_or_error.id.encode() in body or json.dumps(value_or_error.id)[1:-1].encode() in body


@pytest.mark.parametrize("api_case", [NATIVE, RELAY])
def test_an_api_without_uploads_says_so(api_case: ApiCase):
    with pytest.raises(ConfigurationError, match=f"{api_case.name} has no request for uploads"):
        api_case.api.upload("https://studio.example/cat.png", name="cat.png", media_type=None)
