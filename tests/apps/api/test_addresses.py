import pytest

from apps.api.addresses import checked_address
from apps.api.errors import UnfitError

PUBLIC = "93.184.215.14"


def leads_to(*ips: str):
    return lambda host, port: ips


@pytest.mark.parametrize(
    ("url", "ips"),
    [
        ("http://example.org/hook", [PUBLIC]),
        ("ftp://example.org/hook", [PUBLIC]),
        ("https://user:word@example.org/", [PUBLIC]),
        ("https://example.org/#part", [PUBLIC]),
        ("https:///hook", [PUBLIC]),
        ("https://example.org:99999/", [PUBLIC]),
        ("https://[::1/", [PUBLIC]),
        ("https://exam ple.org/", [PUBLIC]),
        ("https://example.org/\r\nX: y", [PUBLIC]),
        ("https://example.org/", []),
        ("https://example.org/", ["127.0.0.1"]),
        ("https://example.org/", ["10.1.2.3"]),
        ("https://example.org/", ["172.16.0.1"]),
        ("https://example.org/", ["192.168.1.1"]),
        ("https://example.org/", ["169.254.169.254"]),
        ("https://example.org/", ["100.64.0.1"]),
        ("https://example.org/", ["0.0.0.0"]),
        ("https://example.org/", ["224.0.0.1"]),
        ("https://example.org/", ["::1"]),
        ("https://example.org/", ["fe80::1%eth0"]),
        ("https://example.org/", ["fd00::1"]),
        ("https://example.org/", ["::ffff:127.0.0.1"]),
        ("https://example.org/", ["2002:7f00:1::"]),
        ("https://example.org/", ["64:ff9b::7f00:1"]),
        ("https://example.org/", ["2001:0:7f00:1::"]),
        ("https://example.org/", ["::7f00:1"]),
        ("https://example.org/", [PUBLIC, "10.0.0.1"]),
    ],
)
def test_an_address_that_is_not_public_https_is_refused(url: str, ips: list[str]) -> None:
    with pytest.raises(UnfitError) as refused:
        checked_address(url, public_only=True, resolve=leads_to(*ips))
    assert refused.value.code == "callback_unfit"
    assert "example" not in refused.value.message


def test_a_public_address_is_called_by_the_number_that_was_looked_at() -> None:
    address = checked_address("https://hooks.example.org/in?x=1", public_only=True, resolve=leads_to(PUBLIC))
    assert address.url == f"https://{PUBLIC}:443/in?x=1"
    assert address.host_header == "hooks.example.org"


def test_a_developers_machine_may_be_told_itself_and_no_other_private_one() -> None:
    local = checked_address("http://localhost:9000/", public_only=False, resolve=leads_to("127.0.0.1"))
    assert (local.url, local.host_header) == ("http://127.0.0.1:9000/", "localhost:9000")
    with pytest.raises(UnfitError):
        checked_address("http://intranet/", public_only=False, resolve=leads_to("10.0.0.8"))
