"""Only public addresses are asked, and the upstream's own."""

import pytest

from chalicelib.domain.upstream import UpstreamAddressRefused, UpstreamUnavailable
from chalicelib.services.upstream.addresses import Address, Origin, is_public, resolve


@pytest.mark.parametrize("text", ["8.8.8.8", "1.1.1.1", "2606:4700::1111"])
def test_an_address_that_everybody_can_reach_is_public(text: str) -> None:
    assert is_public(text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("127.0.0.1", id="loopback"),
        pytest.param("127.8.9.10", id="all-of-loopback"),
        pytest.param("0.0.0.0", id="this-host"),
        pytest.param("10.1.2.3", id="private-10"),
        pytest.param("172.16.0.1", id="private-172"),
        pytest.param("192.168.1.1", id="private-192"),
        pytest.param("100.64.0.1", id="carrier"),
        pytest.param("169.254.169.254", id="metadata"),
        pytest.param("224.0.0.1", id="multicast"),
        pytest.param("255.255.255.255", id="broadcast"),
        pytest.param("::", id="unspecified-6"),
        pytest.param("::1", id="loopback-6"),
        pytest.param("fe80::1%eth0", id="link-local-6"),
        pytest.param("fd00:ec2::254", id="metadata-6"),
        pytest.param("fec0::1", id="site-local-6"),
        pytest.param("ff02::1", id="multicast-6"),
        pytest.param("::ffff:127.0.0.1", id="mapped"),
        pytest.param("::ffff:169.254.169.254", id="mapped-metadata"),
        pytest.param("::7f00:1", id="compatible"),
        pytest.param("64:ff9b::a9fe:a9fe", id="translated-metadata"),
        pytest.param("64:ff9b:1::a00:1", id="translated-locally"),
        pytest.param("2002:7f00:1::", id="6to4"),
        pytest.param("2001:0:7f00:1::", id="teredo"),
        pytest.param("no address", id="none"),
    ],
)
def test_an_address_of_some_network_alone_is_not_public(text: str) -> None:
    assert not is_public(text)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0x7f.1", "2130706433", "::1", "127.1"])
def test_a_host_is_judged_by_where_it_is_and_not_by_how_it_is_written(host: str) -> None:
    with pytest.raises(UpstreamAddressRefused, match="no public address"):
        resolve(Origin("http", host, 80), trusted=False)


def test_a_trusted_host_may_be_anywhere() -> None:
    assert resolve(Origin("http", "127.0.0.1", 80), trusted=True) == ["127.0.0.1"]


def test_a_host_that_does_not_exist_may_exist_later() -> None:
    with pytest.raises(UpstreamUnavailable, match="cannot be found"):
        resolve(Origin("https", "no-such-host.invalid", 443), trusted=False)


@pytest.mark.parametrize(
    "text",
    [
        "file:///etc/passwd",
        "ftp://example.org/x",
        "//example.org/x",
        "http:///x",
        "http://user:secret@example.org/x",
        "http://exa mple.org/x",
        "http://example.org:99999/x",
        "http://[::1/x",
        "http://example.org/" + 5000 * "x",
    ],
)
def test_what_is_no_plain_http_address_is_refused(text: str) -> None:
    with pytest.raises(UpstreamAddressRefused):
        Address.parse(text)


def test_an_address_cannot_bring_headers_of_its_own() -> None:
    address = Address.parse("http://example.org/a b\u00e4?q=1 2&r=\u00e4#there")

    assert address.target == "/a%20b%C3%A4?q=1%202&r=%C3%A4"


def test_a_redirect_is_read_relative_to_where_it_came_from() -> None:
    start = Address.parse("https://example.org:8443/a/b")

    assert str(start.leading_to("../c")) == "https://example.org:8443/c"
    assert str(start.leading_to("https://example.com/x?y")) == "https://example.com/x?y"


def test_a_redirect_never_gives_up_encryption() -> None:
    with pytest.raises(UpstreamAddressRefused, match="from https"):
        Address.parse("https://example.org/a").leading_to("http://example.org/a")
