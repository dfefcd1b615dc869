"""The gate before every endpoint: which key, for whom, within what limits. Knows no endpoint."""

import asyncio
from functools import partial

from django.http import HttpRequest
from ninja.security import HttpBearer

from apps.api import limits
from apps.api.enums import Scope
from apps.api.errors import ForbiddenError, TooManyError, UnauthorisedError
from apps.api.queries import Holder, holder_of
from apps.audit import services as audit
from apps.audit.actions import Action
from apps.audit.context import current_context
from apps.core.organisation import acting_for
from apps.core.store import outside_walls


class KeyHeld(HttpBearer):
    """Lets in a key that works and has `scope`; what it gives is `request.auth`, a Holder."""

    def __init__(self, scope: Scope) -> None:
        super().__init__()
        self.scope = scope

    async def __call__(self, request: HttpRequest) -> Holder:
        kind, _, text = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer":
            text = ""
        return await self.authenticate(request, text.strip())

    async def authenticate(self, request: HttpRequest, token: str) -> Holder:
        """Raises UnauthorisedError, ForbiddenError, TooManyError."""
        holder = await outside_walls(partial(holder_of, token)) if token else None
        if holder is None:
            await _refuse(request, guessed=bool(token))
        await count(request, limits.buckets_of(holder, self.scope))
        if self.scope not in holder.scopes:
            await outside_walls(partial(_record_denial, holder, self.scope))
            raise ForbiddenError
        return holder


async def _refuse(request: HttpRequest, *, guessed: bool) -> None:
    """A key that does not work is counted by address; a request without one guesses nothing."""
    if guessed:
        await count(request, (limits.refusals_of(current_context().address_hash),))
    raise UnauthorisedError


async def count(request: HttpRequest, buckets: tuple[limits.Bucket, ...], *, cost: int = 1) -> None:
    """Take from the limits; the answer's headers tell what is left. Raises TooManyError."""
    standing = await asyncio.to_thread(limits.take, buckets, cost=cost)
    request.limit_standing = standing
    if not standing.allowed:
        raise TooManyError(retry_after_s=standing.reset_s)


def _record_denial(holder: Holder, scope: Scope) -> None:
    with acting_for(holder.organisation_id):
        audit.append_denial(
            Action.ACCESS_DENIED,
            actor_id=holder.actor.user_id,
            organisation_id=holder.organisation_id,
            object_kind="api_key",
            object_id=holder.key_id,
            role=holder.actor.role_words,
            purpose=f"scope:{scope}",
        )
