"""What the log adds by itself: the request's id and its address, hashed. Set at an edge, read by `services`."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import uuid4

from django.utils.crypto import salted_hmac

_SALT = "apps.audit.address"


@dataclass(frozen=True, slots=True)
class RequestContext:
    """Both empty outside a request: in tasks and commands."""

    request_id: str = ""
    address_hash: str = ""


_OUTSIDE = RequestContext()
_context: ContextVar[RequestContext] = ContextVar("audit_context", default=_OUTSIDE)


def current_context() -> RequestContext:
    return _context.get()


def hashed_address(address: str) -> str:
    """128 bits of HMAC-SHA256 under a key derived from SECRET_KEY: equal addresses match, none can be looked up."""
    return salted_hmac(_SALT, address, algorithm="sha256").hexdigest()[:32] if address else ""


@contextmanager
def audit_context(address: str) -> Iterator[RequestContext]:
    """Give what is logged within a request id of its own and this address; used for each request and each socket."""
    context = RequestContext(uuid4().hex, hashed_address(address))
    token = _context.set(context)
    try:
        yield context
    finally:
        _context.reset(token)
