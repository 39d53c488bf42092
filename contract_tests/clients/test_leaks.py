"""Tests that the leak watch of all tests detects a leaked key anywhere."""

import logging
from contextlib import suppress
from types import FunctionType

import pytest

from contract_tests.support.kie import API_KEY, KIE_API
from contract_tests.support.leaks import sample, watching_for_leaks
from contract_tests.support.signatures import KIE_KEY
from klingkit import Client, KlingkitError
from klingkit._auth import AccessKey
from klingkit.callbacks import Receiver


def in_a_log():
    logging.getLogger("klingkit").warning("sent with %s", API_KEY)


def in_the_message():
    KlingkitError(f"sent with {API_KEY}")


def in_a_field():
    KlingkitError("no", vendor_message=f"unknown key {API_KEY}")


def in_the_chain():
    try:
        raise LookupError(API_KEY)
    except LookupError as error:
        KlingkitError("no").__cause__ = error


def in_a_note():
    KlingkitError("no").add_note(API_KEY)


def in_a_repr():
    with Client(KIE_API) as client:
        client.api = type("Loud", (), {"__repr__": lambda _: API_KEY, "auth": None})()


def in_a_log_of_httpcore():
    logging.getLogger("httpcore.http11").debug("send_request_headers.started %s", API_KEY)


def in_a_frame():
    def raise_with_key_in_a_local() -> None:
        token = API_KEY
        raise KlingkitError(f"no, and {len(token)} characters of a secret")

    FunctionType(raise_with_key_in_a_local.__code__, {**globals(), "__name__": "klingkit._tasks"})()


def signed_token_in_the_message():
    auth = AccessKey("access", "s3cr3t-of-somebody-0123456789abcdef")
    KlingkitError(f"sent with {auth.token()}")


class ReceiverShowingItsKey(Receiver):
    def __repr__(self) -> str:
        return self._core.keys[0].reveal()


def in_the_repr_of_a_receiver():
    with Client(KIE_API) as client:
        ReceiverShowingItsKey(client, keys=[KIE_KEY])


class TextWithoutARepr(str):  # noqa: SLOT000 - a pickle of it needs none
    """Shows nothing, and is pickled whole."""

    def __repr__(self) -> str:
        return "'...'"


def in_a_pickle():
    KlingkitError("no", request=TextWithoutARepr(API_KEY))


def without_a_pickle():
    """An error that cannot be pickled cannot be searched for the key, so it counts as a leak."""
    KlingkitError("no", request=lambda: None)


@pytest.mark.parametrize(
    "leak",
    [
        *(
            in_a_log,
            in_the_message,
            in_a_field,
            in_the_chain,
            in_a_note,
            in_a_repr,
            in_a_log_of_httpcore,
            in_a_frame,
            signed_token_in_the_message,
        ),
        *(in_the_repr_of_a_receiver, in_a_pickle, without_a_pickle),
    ],
)
def test_a_leaked_key_is_detected(leak):
    with watching_for_leaks() as watch, suppress(KlingkitError):
        leak()
    assert watch.leaks() != []
    watch.errors.clear()


def test_very_many_errors_are_sampled_evenly():
    assert list(sample(range(1000))) == list(range(0, 1000, 5))
    assert list(sample(range(7))) == list(range(7))
    assert list(sample([])) == []


@pytest.fixture(autouse=True)
def no_leaks():
    """Turn off the leak watch of all other tests: these tests leak on purpose."""
