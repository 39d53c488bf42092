"""Tests that only `reveal` shows a secret."""

import copy
import json
import pickle

import attrs
import pytest

from contract_tests.support.kie import API_KEY, KIE_API
from contract_tests.support.signatures import KIE_KEY
from klingkit import AccessKey, Client, Secret
from klingkit._auth import Bearer
from klingkit._secret import revealed, secret
from klingkit.callbacks import CallbackUrls, Receiver

SECRET_KEY = "s3cr3t-of-nobody-0123456789abcdef"


@pytest.mark.parametrize("show", [repr, str, format, ascii, "{}".format, "%s".__mod__, lambda value: f"{value!r:>9}"])
def test_a_secret_shows_nothing(show):
    for value in (Secret(API_KEY), copy.copy(Secret(API_KEY)), copy.deepcopy([Secret(API_KEY)])[0]):
        assert API_KEY not in show(value)
        assert value.reveal() == API_KEY


def test_a_secret_is_neither_pickled_nor_written_as_json():
    with pytest.raises(TypeError, match=r"^klingkit\.Secret does not pickle.*: make the adapter"):
        pickle.dumps(Secret(API_KEY))
    with pytest.raises(TypeError):
        json.dumps(Secret(API_KEY))
    assert json.dumps(Secret(API_KEY), default=str) == '"***"'


def test_secrets_compare_by_their_text():
    assert Secret(API_KEY) == Secret(API_KEY)
    assert len({Secret(API_KEY), Secret(API_KEY), Secret("x")}) == 2
    assert Secret(API_KEY) != API_KEY
    assert (secret(5), revealed(API_KEY), revealed(secret(API_KEY))) == (5, API_KEY, API_KEY)


def attributes_text(auth: object) -> str:
    return f"{auth!r} {attrs.asdict(auth)} {attrs.astuple(auth)} {[getattr(auth, name) for name in auth.__slots__]}"  # type: ignore[arg-type,attr-defined]  # an attrs class


def test_objects_that_hold_a_key_do_not_show_it():
    access_key = AccessKey(SECRET_KEY, SECRET_KEY)
    token = access_key.token()
    for auth in (Bearer(API_KEY), access_key, CallbackUrls("https://studio.example", SECRET_KEY)):
        shown = attributes_text(auth)
        assert not any(value in shown for value in (API_KEY, SECRET_KEY, token))
        with pytest.raises(TypeError, match="does not pickle"):
            pickle.dumps(auth)
    with Client(KIE_API) as client:
        core = Receiver(client, keys=[KIE_KEY])._core
        assert KIE_KEY not in f"{core!r} {vars(client)} {vars(KIE_API)}"
        with pytest.raises(TypeError, match="does not pickle"):
            pickle.dumps(KIE_API)
