"""Which service outside may word replies, as the environment says it. Torch-free; asks nobody."""

import ipaddress
import os
from dataclasses import dataclass, field
from urllib.parse import urlsplit

MOST_NAME_CHARACTERS = 80


@dataclass(frozen=True)
class RemoteSetting:
    """A service that speaks the OpenAI protocol: `url` as its clients take it (often ending in /v1), `name` as people
    are told it and agree to it. The key stands in no representation of this."""

    url: str
    model: str
    name: str
    key: str = field(default="", repr=False)


def remote_from_environment() -> RemoteSetting | None:
    """PIXELATED_REMOTE_URL, _MODEL, _NAME and _KEY; None where no address is set.

    Raises:
        ValueError: a value will not do; names its variable, never its value.
    """
    url, model, name, key = (
        os.environ.get(f"PIXELATED_REMOTE_{word}", "").strip() for word in ("URL", "MODEL", "NAME", "KEY")
    )
    if not url:
        return None
    if not model or not name:
        raise ValueError(
            "PIXELATED_REMOTE_URL needs PIXELATED_REMOTE_MODEL and PIXELATED_REMOTE_NAME beside it"
        )
    if len(name) > MOST_NAME_CHARACTERS or not name.isprintable():
        raise ValueError(f"PIXELATED_REMOTE_NAME must be a name of at most {MOST_NAME_CHARACTERS} characters")
    if not key.isascii() or not key.isprintable():
        raise ValueError("PIXELATED_REMOTE_KEY must be one line of ASCII characters")
    return RemoteSetting(_checked_url(url), model, name, key)


def _checked_url(url: str) -> str:
    """Without a slash at its end."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ValueError("PIXELATED_REMOTE_URL is no address") from None
    bare = parts._replace(path="").geturl()
    if parts.scheme not in ("http", "https") or not host or bare != f"{parts.scheme}://{parts.netloc}":
        raise ValueError("PIXELATED_REMOTE_URL must be an address such as https://host/v1, without a query")
    if parts.username is not None:
        raise ValueError("PIXELATED_REMOTE_URL must not hold a key: PIXELATED_REMOTE_KEY does")
    if parts.scheme == "http" and not _is_loopback(host):
        raise ValueError("PIXELATED_REMOTE_URL must begin with https:// unless it is on this machine")
    return url.rstrip("/")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
