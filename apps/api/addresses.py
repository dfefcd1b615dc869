"""Where a webhook may go: to a public HTTPS address, looked up again each time it is used. Knows no delivery.

The name is resolved here and the connection made to that very address, so that what was checked is what is called.
"""

import ipaddress
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from apps.api.errors import UnfitError

Resolve = Callable[[str, int], Sequence[str]]


@dataclass(frozen=True)
class Address:
    """An address that was looked at: `ip` is one of those its name led to a moment ago."""

    scheme: str
    host: str
    port: int
    path: str
    ip: str

    @property
    def url(self) -> str:
        """By number; the name goes along as Host and for the certificate."""
        host = f"[{self.ip}]" if ":" in self.ip else self.ip
        return f"{self.scheme}://{host}:{self.port}{self.path}"

    @property
    def host_header(self) -> str:
        usual = {"https": 443, "http": 80}[self.scheme]
        return self.host if self.port == usual else f"{self.host}:{self.port}"


def resolved(host: str, port: int) -> Sequence[str]:
    """Every address a name leads to; none where it leads nowhere."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return ()
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))


def checked_address(url: str, *, public_only: bool, resolve: Resolve = resolved) -> Address:
    """Looks at an address, and asks the name service where it leads.

    `public_only` False, for development: plain HTTP and this machine itself are allowed too; no other private network.

    Raises:
        UnfitError: callback_unfit; the message says why and does not repeat the address.
    """
    scheme, host, port, path = _parts(url)
    if scheme != "https" and (public_only or scheme != "http"):
        raise _unfit("it must be https")
    found = resolve(host, port)
    if not found:
        raise _unfit("its name leads nowhere")
    if not all(_allowed(ip, public_only=public_only) for ip in found):
        raise _unfit("it leads to an address that is not public")
    return Address(scheme, host, port, path, found[0])


def _parts(url: str) -> tuple[str, str, int, str]:
    if not url.isascii() or any(letter <= " " or letter == "\x7f" for letter in url):
        raise _unfit("it is no plain address")
    try:
        split = urlsplit(url)
        port = split.port
    except ValueError:
        raise _unfit("it is no address") from None
    if not split.hostname or split.username is not None or split.password is not None or split.fragment:
        raise _unfit("it must be a host and a path, without a name, password or fragment")
    scheme = split.scheme.lower()
    path = (split.path or "/") + (f"?{split.query}" if split.query else "")
    return scheme, split.hostname.rstrip("."), port or {"https": 443}.get(scheme, 80), path


def _allowed(text: str, *, public_only: bool) -> bool:
    try:
        ip = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    inner = getattr(ip, "ipv4_mapped", None) or getattr(ip, "sixtofour", None)
    if inner is not None and not _allowed(str(inner), public_only=public_only):
        return False
    if ip.is_loopback:
        return not public_only
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def _unfit(why: str) -> UnfitError:
    return UnfitError("callback_unfit", f"callback_url cannot be used: {why}.")
