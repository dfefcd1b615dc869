"""The fixed cast, made through the product's own services."""

from dataclasses import dataclass

from apps.accounts.actors import Actor
from apps.accounts.demo import CAST, make_cast
from apps.accounts.models import Organisation, User
from apps.accounts.queries import actor_for

PASSWORD = "quiet-lamp-and-rain"


@dataclass(frozen=True)
class CastMember:
    """A person of the cast, signed in to their organisation."""

    key: str
    user: User
    actor: Actor
    organisation: Organisation


def build_cast() -> dict[str, CastMember]:
    users = make_cast(PASSWORD)
    members = {}
    for person in CAST:
        actor = actor_for(users[person.key])
        assert actor is not None
        organisation = Organisation.objects.get(pk=actor.organisation_id)
        members[person.key] = CastMember(person.key, users[person.key], actor, organisation)
    return members
