"""The watch over every test sees a key that leaks, wherever it does."""

import logging

import pytest

from contract_tests.support.kie import API, KEY
from contract_tests.support.leaks import watching
from klingkit import Client, KlingkitError


def logged():
    logging.getLogger("klingkit").warning("sent with %s", KEY)


def in_the_message():
    KlingkitError(f"sent with {KEY}")


def in_a_field():
    KlingkitError("no", vendor_message=f"unknown key {KEY}")


def in_the_chain():
    try:
        raise LookupError(KEY)
    except LookupError as error:
        KlingkitError("no").__cause__ = error


def noted():
    KlingkitError("no").add_note(KEY)


def in_a_repr():
    with Client(API) as client:
        client.api = type("Loud", (), {"__repr__": lambda _: KEY, "auth": None})()


@pytest.mark.parametrize("leak", [logged, in_the_message, in_a_field, in_the_chain, noted, in_a_repr])
def test_a_leak_is_seen(leak):
    with watching() as watch:
        leak()
    assert watch.leaks() != []
    watch.errors.clear()


@pytest.fixture(autouse=True)
def no_leaks():
    """These leak on purpose."""
