"""Tests which addresses a download may connect to."""

from ipaddress import ip_address

import httpx
import pytest

from klingkit._flow._guard import allowed_addresses, is_metadata, is_public, literal_addresses

PUBLIC_ADDRESS = "93.184.215.14"


PRIVATE_ADDRESSES = [
    "127.0.0.1",
    "127.8.8.8",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "0.0.0.0",  # noqa: S104 - to be refused
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1",
    "fc00::1",
    "fec0::1",
    "ff02::1",
    "::ffff:10.0.0.1",
    "::ffff:127.0.0.1",
    "::127.0.0.1",
    "64:ff9b::a00:1",
    "2002:7f00:1::1",
    "2001:db8::1",
    "4000::1",
]


@pytest.mark.parametrize("address", PRIVATE_ADDRESSES)
def test_private_addresses_are_not_public(address: str):
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", [PUBLIC_ADDRESS, "2606:2800:21f:cb07::1", f"::ffff:{PUBLIC_ADDRESS}", "64:ff9b::5db8:d70e"]
)
def test_public_addresses_are_public(address: str):
    assert is_public(address)


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("127.1", "127.0.0.1"),
        ("2130706433", "127.0.0.1"),
        ("0x7f.1", "127.0.0.1"),
        ("10.0.0.1.", "10.0.0.1"),
        ("[::1]", "::1"),
        ("[::ffff:10.0.0.1]", "::ffff:10.0.0.1"),
        ("localhost", "127.0.0.1"),
        ("LOCALHOST.", "127.0.0.1"),
        ("a.localhost", "127.0.0.1"),
    ],
)
def test_an_address_is_recognised_in_all_forms(host: str, address: str):
    (literal,) = literal_addresses(httpx.URL(f"http://{host}/").raw_host.decode())
    assert ip_address(literal) == ip_address(address)


@pytest.mark.parametrize("host", ["media.test", "1.2.3.4.test", "xn--fiqs8s"])
def test_a_name_is_not_taken_for_an_address(host: str):
    assert literal_addresses(httpx.URL(f"http://{host}/").raw_host.decode()) == []


@pytest.mark.parametrize("api_address", ["127.0.0.1", "10.0.0.1", "fc00::1"])
def test_a_private_api_allows_private_and_public_but_no_reserved_networks(api_address: str):
    addresses = ["127.0.0.1", "192.168.1.1", PUBLIC_ADDRESS, "169.254.169.254", "224.0.0.1", "fe80::1", "240.0.0.1"]
    assert allowed_addresses(addresses, [api_address]) == ["127.0.0.1", "192.168.1.1", PUBLIC_ADDRESS]


METADATA_ADDRESSES = [
    "169.254.169.254",
    "169.254.170.2",
    "168.63.129.16",
    "192.0.0.192",
    "100.100.100.200",
    "fd00:ec2::254",
    "fd20:ce::254",
    "fe80::a9fe:a9fe",
    "::ffff:168.63.129.16",
    "::ffff:100.100.100.200",
    "::ffff:0:168.63.129.16",
    "2002:a83f:8110::1",
    "64:ff9b::a83f:8110",
    "64:ff9b:1::a83f:8110",
    "64:ff9b::6464:64c8",
    "2001:0:4136:e378:8000:63bf:57c0:7eef",
]


@pytest.mark.parametrize("address", METADATA_ADDRESSES)
@pytest.mark.parametrize("api_address", ["127.0.0.1", "10.0.0.1", "100.64.0.1", "fd00::1", PUBLIC_ADDRESS])
def test_a_metadata_service_is_refused_wherever_the_api_is(address: str, api_address: str):
    assert is_metadata(address)
    assert not is_public(address)
    assert allowed_addresses([address], [api_address]) == []


@pytest.mark.parametrize("address", METADATA_ADDRESSES)
def test_an_api_at_the_address_of_a_metadata_service_allows_only_that_one(address: str):
    """The user may choose a link-local address for an emulator."""
    others = [each for each in METADATA_ADDRESSES if ip_address(each) != ip_address(address)]
    assert allowed_addresses([address], [address]) == [address]
    assert not set(allowed_addresses(others, [address])) & {"192.0.0.192", "169.254.170.2"} - {address}


def test_the_form_of_an_address_does_not_matter():
    assert allowed_addresses(["::ffff:169.254.169.254"], ["169.254.169.254"]) == ["::ffff:169.254.169.254"]


@pytest.mark.parametrize("address", ["168.63.129.15", "192.0.0.193", "100.100.100.199", "fd00:ec3::254"])
def test_a_neighbouring_address_is_not_a_metadata_service(address: str):
    assert not is_metadata(address)


def test_a_link_local_api_allows_only_its_own_link_local_address():
    assert allowed_addresses(["fe80::1", "fe80::2", "10.0.0.1"], ["fe80::1"]) == ["fe80::1"]
