"""Where webhooks may not go: a corpus of addresses, spellings and names, none of which is ever connected to."""

import socket
import tomllib
from collections.abc import Sequence
from ipaddress import ip_address
from pathlib import Path

import pytest

from ecif.delivery.addresses import AddressNotAllowed, Allowed, is_special, place_of
from ecif.delivery.secrets import KeptKey
from ecif.delivery.signing import fresh_key
from ecif.delivery.sink import Handed, Message
from ecif.delivery.webhook import Outside, Webhook
from tests.delivery.receiver import open_receiver

PUBLIC = Allowed()
ANYTHING = Allowed(http=True)
MESSAGE = Message("e1", 1, "ecif.customer.created.v1", None, b"{}")

SPECIAL_IPV6 = [
    "::",
    "::1",
    "::2",
    "::ffff",
    "::7f00:1",
    "::127.0.0.1",
    "::10.0.0.1",
    "::a9fe:a9fe",
    "64:ff9b::",
    "64:ff9b::7f00:1",
    "64:ff9b::10.0.0.1",
    "64:ff9b::169.254.169.254",
    "64:ff9b:1::",
    "64:ff9b:1::a00:1",
    "64:ff9b:1:ffff::1",
    "100::",
    "100::1",
    "100:0:0:1::1",
    "200::1",
    "400::1",
    "1000::1",
    "1fff:ffff::1",
    "2001::",
    "2001::1",
    "2001:0:7f00:1::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:1::1",
    "2001:1::2",
    "2001:1::3",
    "2001:2::",
    "2001:2::1",
    "2001:3::1",
    "2001:4:112::1",
    "2001:10::1",
    "2001:1f:ffff::1",
    "2001:20::1",
    "2001:2f::1",
    "2001:30::1",
    "2001:1ff:ffff::1",
    "2001:db8::",
    "2001:db8::1",
    "2001:db8:ffff:ffff::1",
    "2002::",
    "2002:7f00:1::",
    "2002:7f00:1::1",
    "2002:a00:1::1",
    "2002:a9fe:a9fe::1",
    "2002:c0a8:1::1",
    "2002:ffff:ffff::1",
    "2620:4f:8000::1",
    "3fff::1",
    "3fff:fff::1",
    "4000::1",
    "5f00::1",
    "8000::1",
    "c000::1",
    "e000::1",
    "f000::1",
    "fb00::1",
    "fc00::",
    "fc00::1",
    "fcff::1",
    "fd00::1",
    "fd00:ec2::254",
    "fd12:3456:789a:1::1",
    "fdff:ffff::1",
    "fe00::1",
    "fe80::",
    "fe80::1",
    "fe80::a9fe:a9fe",
    "fe80:0:0:1::1",
    "febf:ffff::1",
    "fec0::1",
    "fec0:0:0:ffff::1",
    "feff::1",
    "ff00::",
    "ff01::1",
    "ff02::1",
    "ff02::2",
    "ff02::fb",
    "ff05::1:3",
    "ff0e::1",
    "ffff::1",
]
CORPUS = {
    name: text.split()
    for name, text in tomllib.loads(
        (Path(__file__).parent / "addresses.toml").read_text(encoding="utf-8")
    ).items()
}
SPECIAL_IPV4, SPECIAL_IPV6 = CORPUS["special_ipv4"], CORPUS["special_ipv6"]
ODD_URLS, SPELT_ODDLY, ORDINARY = CORPUS["odd_urls"], CORPUS["spelt_oddly"], CORPUS["ordinary"]
MAPPED = [f"::ffff:{each}" for each in SPECIAL_IPV4]
ORDINARY = [
    "1.1.1.1",
    "8.8.8.8",
    "9.9.9.9",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.1",
    "169.253.255.255",
    "169.255.0.1",
    "172.15.255.255",
    "172.32.0.1",
    "192.0.1.1",
    "192.167.255.255",
    "192.169.0.1",
    "198.17.255.255",
    "198.20.0.1",
    "223.255.255.255",
    "2001:4860:4860::8888",
    "2606:4700:4700::1111",
    "2a00:1450:4001::1",
    "2400:cb00::1",
    "2001:200::1",
    "::ffff:8.8.8.8",
]
ODD_URLS = [
    "http://crm.bank.example/",
    "ftp://crm.bank.example/",
    "file:///etc/passwd",
    "gopher://crm.bank.example/",
    "javascript:alert(1)",
    "//crm.bank.example/",
    "https:///hook",
    "https://:443/",
    "https://user@crm.bank.example/",
    "https://user:word@crm.bank.example/",
    "https://crm.bank.example@10.0.0.1/",
    "https://10.0.0.1@crm.bank.example/",
    "https://@crm.bank.example/",
    "https://crm.bank.example:0/",
    "https://crm.bank.example:65536/",
    "https://crm.bank.example:-1/",
    "https://crm.bank.example:x/",
    "https://crm.bank.example/#part",
    "https://crm.bank.example\\@10.0.0.1/",
    "https://crm.bank.example\\.evil.example/",
    "https://[fe80::1%25eth0]/",
    "https://[fe80::1%eth0]/",
    "https://[::1%lo]/",
    "https://[::1]/",
    "https://[::]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[0:0:0:0:0:ffff:7f00:1]/",
    "https://[::ffff:a9fe:a9fe]/",
    "https://[fd00:ec2::254]/",
    "https://[v1.x]/",
    "https://[]/",
    "https://127.0.0.1/",
    "https://127.0.0.1:8443/",
    "https://10.0.0.1/",
    "https://169.254.169.254/latest/meta-data",
    "https://0.0.0.0/",
    "https://192.168.0.1/",
    "https://8.8.8.8:22/",
    "https://8.8.8.8:25/",
    "https://8.8.8.8:6379/",
    "https://8.8.8.8:80/",
    "https://-crm.bank.example/",
    "https://crm..bank.example/",
    "https://.crm.bank.example/",
    "https://crm.bank.example../",
    "https://crm_.bank.example-/",
    "https://%31%30.0.0.1/",
    "https://crm.bank.example%00.evil.example/",
    "https://münchen.example/",
    "https://crm。bank。example/",
    "https://①②⑦.0.0.1/",
    "https://crm.bank.example/ハ",
]


@pytest.mark.parametrize("written", SPECIAL_IPV4 + SPECIAL_IPV6 + MAPPED)
def test_a_special_address_is_never_connected_to(written: str) -> None:
    assert is_special(ip_address(written))
    assert not PUBLIC.may_connect(ip_address(written), 443)


@pytest.mark.parametrize("written", ORDINARY)
def test_an_ordinary_address_is_reached_at_the_ports_of_https(written: str) -> None:
    address = ip_address(written)

    assert PUBLIC.may_connect(address, 443)
    assert not PUBLIC.may_connect(address, 22)
    assert not PUBLIC.may_connect(address, 80)


@pytest.mark.parametrize("url", ODD_URLS)
def test_an_odd_url_is_not_taken(url: str) -> None:
    with pytest.raises(AddressNotAllowed):
        place_of(url, PUBLIC)


@pytest.mark.parametrize(
    ("url", "authority", "path"),
    [
        ("https://crm.bank.example/hooks/ecif?a=1", "crm.bank.example", "/hooks/ecif?a=1"),
        ("https://CRM.bank.example:8443", "crm.bank.example:8443", "/"),
        ("https://[2606:4700:4700::1111]/x", "[2606:4700:4700::1111]", "/x"),
        ("https://xn--mnchen-3ya.example./", "xn--mnchen-3ya.example.", "/"),
    ],
)
def test_a_plain_url_is_read(url: str, authority: str, path: str) -> None:
    place = place_of(url, PUBLIC)

    assert (place.authority, place.path, place.is_tls) == (authority, path, True)


def test_the_corpus_is_large_enough() -> None:
    cases = {*SPECIAL_IPV4, *SPECIAL_IPV6, *MAPPED, *ODD_URLS, *SPELT_ODDLY}

    assert len(cases) >= 250


async def test_no_spelling_of_a_forbidden_address_is_connected_to() -> None:
    """Names that the machine's own resolver reads as addresses: judged after they are resolved."""
    async with open_receiver() as sensor:
        port = int(sensor.url.rpartition(":")[2].partition("/")[0])
        outcomes = [
            await _sent(f"http://{host}:{port}/hook", Outside(allowed=ANYTHING))
            for host in SPELT_ODDLY
        ]

    assert set(outcomes) <= {"address-not-allowed", "no-address"}
    assert sensor.connections == 0


@pytest.mark.parametrize("written", [*SPECIAL_IPV4, *SPECIAL_IPV6])
async def test_no_name_that_leads_to_a_forbidden_address_is_followed(written: str) -> None:
    async def resolver(host: str, port: int) -> Sequence[str]:
        return [written]

    outside = Outside(allowed=ANYTHING, resolve=resolver)

    assert await _sent("https://crm.bank.example/hook", outside) == "address-not-allowed"


async def test_a_name_that_changes_its_address_is_judged_at_every_connection() -> None:
    closing = b"HTTP/1.1 204 x\r\nConnection: close\r\n\r\n"
    async with open_receiver(lambda _: closing) as near, open_receiver() as sensor:
        port = int(near.url.rpartition(":")[2].partition("/")[0])
        answers = iter([["127.0.0.1"], ["127.0.0.9"], ["127.0.0.1", "127.0.0.9"]])

        async def resolver(host: str, _port: int) -> Sequence[str]:
            return next(answers)

        outside = Outside(allowed=Allowed.of(["127.0.0.1/32"], http=True), resolve=resolver)
        place = place_of(f"http://crm.bank.example:{port}/", outside.allowed)
        webhook = Webhook(place, [KeptKey(fresh_key("v1"))], outside)
        outcomes = [(await webhook.send(MESSAGE)).reason for _ in range(3)]
        await webhook.close()

    assert outcomes == ["accepted", "address-not-allowed", "accepted"]
    assert sensor.connections == 0


async def test_no_proxy_of_the_environment_is_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Proxy variables of the environment lead nowhere: connections are made to the judged address alone."""
    async with open_receiver() as sensor:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"):
            monkeypatch.setenv(name, sensor.url)

        async def resolver(host: str, port: int) -> Sequence[str]:
            raise socket.gaierror

        outside = Outside(allowed=PUBLIC, resolve=resolver)
        reason = await _sent("https://crm.bank.example/", outside)

    assert (reason, sensor.connections) == ("no-address", 0)


async def _sent(url: str, outside: Outside) -> str:
    place = place_of(url, Allowed(outside.allowed.networks, http=True))
    webhook = Webhook(place, [KeptKey(fresh_key("v1"))], outside)
    outcome = await webhook.send(MESSAGE)
    await webhook.close()
    assert outcome.handed is Handed.RETRY
    return outcome.reason
