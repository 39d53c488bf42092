"""Receivers are refused where they are made, if a delivery could only fail or be lost."""

import functools
from typing import Any

import pytest
import respx

from contract_tests.support.apis import NATIVE
from klingkit import AsyncClient, CallbackEvent, Client, ConfigurationError
from klingkit.callbacks import AsyncReceiver, MemoryStore, Receiver

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("keys", ["", [""], ["whsec_"], ["whsec_not base64!"], [None]])
async def test_a_key_that_is_none_is_refused_before_a_delivery_comes(keys: Any):
    with Client(NATIVE.api) as client, pytest.raises(ConfigurationError, match="key") as caught:
        Receiver(client, keys=keys)
    assert "not base64!" not in str(caught.value)
    async with AsyncClient(NATIVE.api) as asking:
        with pytest.raises(ConfigurationError, match="key"):
            AsyncReceiver(asking, keys=keys)


async def test_a_receiver_has_a_client_of_its_own_kind():
    with (
        Client(NATIVE.api) as client,
        pytest.raises(ConfigurationError, match="AsyncReceiver takes AsyncClient, not Client"),
    ):
        AsyncReceiver(client)  # type: ignore[arg-type]  # a wrong one, on purpose
    async with AsyncClient(NATIVE.api) as client:
        with pytest.raises(ConfigurationError, match="Receiver takes Client, not AsyncClient"):
            Receiver(client)  # type: ignore[arg-type]  # a wrong one, on purpose


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("tolerance", value) for value in ("300", -1, float("nan"))],
        *[("max_bytes", value) for value in ("1", 0)],
        *[("urls", "https"), ("events", []), ("confirm", "no")],
    ],
)
def test_an_option_that_would_fail_later_is_refused(name: str, value: Any):
    with Client(NATIVE.api) as client, pytest.raises(ConfigurationError, match=f"{name}: "):
        Receiver(client, **{name: value})


@pytest.mark.parametrize("kept", [0, -1, "7", None, True])
def test_a_store_that_keeps_nothing_is_refused(kept: Any):
    with pytest.raises(ConfigurationError, match="kept: a whole number, at least 1"):
        MemoryStore(kept)


class Called:
    """A handler that is an object."""

    async def __call__(self, _: CallbackEvent) -> None:
        """Never get as far."""


async def by_and_by(_: CallbackEvent) -> None:
    """Never get as far."""


@pytest.mark.parametrize("handler", [by_and_by, functools.partial(by_and_by), Called(), 7])
def test_a_handler_that_cannot_be_called_is_refused(handler: Any):
    with Client(NATIVE.api) as client, pytest.raises(ConfigurationError, match="handler"):
        Receiver(client, handler)


class Shelf:
    """A store of coroutines."""

    async def seen(self, _: str) -> bool:
        """Never get as far."""
        return False

    async def record(self, _: str) -> None:
        """Never get as far."""


def test_a_store_that_cannot_be_asked_is_refused():
    """What it returns is true whatever it says: nothing would ever be handled."""
    with Client(NATIVE.api) as client, pytest.raises(ConfigurationError, match="store"):
        Receiver(client, store=Shelf())  # type: ignore[arg-type]  # a wrong one, on purpose


@respx.mock
@pytest.mark.parametrize("wait", [by_and_by, lambda _: Awaitable()])
def test_what_nobody_awaits_was_not_handled(wait: Any, caplog):
    def handler(event: CallbackEvent) -> Any:
        return wait(event)

    respx.get(NATIVE.query).mock(side_effect=lambda _: NATIVE.finished())
    with Client(NATIVE.api) as client:
        receiver = Receiver(client, handler)
        for _ in range(2):
            assert receiver.handle(NATIVE.finished().content, {}).status == 500
    assert "use AsyncReceiver" in caplog.text


class Awaitable:
    def __await__(self) -> Any:
        """Never get as far."""
