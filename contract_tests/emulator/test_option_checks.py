"""Checks of the options: a wrong one is named where it is given."""

from typing import Any

import pytest

from klingkit.emulator import Emulator

WRONG: dict[str, tuple[Any, ...]] = {
    "seed": (None, "7", 7.0, True),
    "finish": (5, "at once", True),
    "clock": (7, "now"),
    "keys": ("a-key", b"a-key", [7], 7, [""], ["a key"], ["a-key\n"], ["schlüssel"], ["good", "a\tkey"]),
    "post": ("http://localhost", 7),
    "dialect": (None, "klingon", 7, ["official"]),
    "access_keys": ("access:secret", ["access"], {"access": 7}, {7: "secret"}, {"": "secret"}, {"access": ""}),
    "slots": (0, -1, 1.0, True, "1", 10**10),
    "rate": (0, -1, 1.0, True, "1"),
    "kept": (None, 0, -1, 1.0, True, "1"),
    "faults": (None, "drop", ["drop"], [{"kind": "drop"}], 7),
    "signing": ("key", ["kie"], {"kie": 7}, {"kie": ""}, {"sora": "key"}),
    "allow_callbacks": (None, "10.0.0.0/8", [7], ["ten"]),
    "allow_hosts": (None, "emulator.test", [7]),
    "database": (7, ["emulator.db"]),
    "public_url": (
        *("", "kling.test", "//kling.test", "ftp://kling.test", "https://", "https:/kling.test"),
        *("https://kling.test?", "https://kling.test?a=b", "https://kling.test#", "https://kling.test/#a"),
        *("https://a@kling.test", "https://a:b@kling.test", "https://kling.test/a b", "https://kling.test\n"),
        *("https://kling.test:0", "https://kling.test:65536", "https://kling.test:x", "https://a\\b", "https://[::1"),
        *("http://a%20b", 7, b"https://kling.test"),
    ),
}


CASES = [pytest.param(name, value, id=f"{name}-{value}") for name, values in WRONG.items() for value in values]


@pytest.mark.parametrize(("name", "value"), CASES)
def test_a_wrong_option_is_named(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f"^{name}( must be|:)"):
        Emulator(**{name: value})
