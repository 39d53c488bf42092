"""Tests of `Client.credits`, the credits left in an account at kie.ai: through respx and with the emulator."""

from decimal import Decimal

import httpx
import pytest
import respx

from contract_tests.support.apis import KIE, NATIVE, RELAY, ApiCase
from contract_tests.support.clients import EACH_CLIENT_KIND, open_client
from contract_tests.support.kie import API_KEY
from klingkit import AuthenticationError, ConfigurationError, MalformedResponse, NetworkError
from klingkit.emulator import AfterQueries, Emulator
from klingkit.kie import Kie, Kling26TextToVideo

pytestmark = pytest.mark.anyio

URL = f"{KIE.api.base_url}/api/v1/chat/credit"


@EACH_CLIENT_KIND
@respx.mock
async def test_credits_are_read_with_all_their_digits(kind: str):
    query = respx.get(URL).mock(return_value=httpx.Response(200, json={"code": 200, "msg": "ok", "data": "1034.25"}))
    async with open_client(kind, KIE.api) as client:
        assert await client.credits() == Decimal("1034.25")
    assert query.calls.last.request.headers["Authorization"] == f"Bearer {API_KEY}"


@pytest.mark.parametrize(
    ("response", "error"),
    [
        (httpx.Response(200, json={"code": 401, "msg": "no"}), AuthenticationError),
        (httpx.Response(200, json={"code": 200, "data": None}), MalformedResponse),
        (httpx.Response(200, json={"code": 200, "data": "many"}), MalformedResponse),
        (httpx.ReadTimeout("late"), NetworkError),
    ],
    ids=["rejected", "no number", "no digits", "no response"],
)
@EACH_CLIENT_KIND
@respx.mock
async def test_failures_raise_errors_of_klingkit(
    kind: str, response: httpx.Response | Exception, error: type[Exception]
):
    respx.get(URL).mock(side_effect=[response])
    async with open_client(kind, KIE.api) as client:
        with pytest.raises(error):
            await client.credits()


@pytest.mark.parametrize("api_case", [NATIVE, RELAY], ids=str)
@EACH_CLIENT_KIND
async def test_an_api_without_credits_is_not_queried(api_case: ApiCase, kind: str):
    async with open_client(kind, api_case.api) as client:
        with pytest.raises(ConfigurationError, match=f"{api_case.name} has no request for credits"):
            await client.credits()


@EACH_CLIENT_KIND
async def test_a_video_reduces_the_credits_by_its_cost(kind: str):
    with Emulator(finish=AfterQueries(1), dialect="official").serve() as url:
        async with open_client(kind, Kie("any-key", url)) as client:
            before = await client.credits()
            request = Kling26TextToVideo(prompt="a cat", sound=True, aspect_ratio="16:9", duration="5")
            task = await client.wait(await client.submit(request), timeout=30)
            assert task.cost.unit == "credits"
            assert await client.credits() == before - task.cost.amount < before
