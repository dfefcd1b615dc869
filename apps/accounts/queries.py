"""Questions about people: who someone is to an organisation, and who belongs to it."""

from dataclasses import dataclass
from uuid import UUID

from apps.accounts.actors import Actor
from apps.accounts.enums import Role
from apps.accounts.models import Membership, User
from apps.accounts.services import name_place
from apps.core.organisation import acting_for
from apps.vault import services as vault


@dataclass(frozen=True)
class Person:
    """One row of the organisation's list of people."""

    name: str
    email: str
    roles: tuple[str, ...]


def actor_for(user: User, *, organisation_id: UUID | None = None) -> Actor | None:
    """The person acting in one of their organisations: the one named, or the one they joined first."""
    memberships = list(
        Membership.objects.filter(user=user)
        .order_by("created_at", "pk")
        .values_list("organisation_id", "role")
    )
    if not memberships or not user.is_active:
        return None
    held = {organisation for organisation, _ in memberships}
    chosen = organisation_id if organisation_id in held else memberships[0][0]
    roles = frozenset(Role(role) for organisation, role in memberships if organisation == chosen)
    return Actor(user_id=user.pk, organisation_id=chosen, roles=roles)


def name_of(actor: Actor) -> str:
    """The name the organisation knows this person by."""
    with acting_for(actor.organisation_id):
        membership = (
            Membership.objects.filter(user_id=actor.user_id, organisation_id=actor.organisation_id)
            .order_by("created_at", "pk")
            .first()
        )
        return _name(membership) if membership else ""


def people_of(organisation_id: UUID) -> list[Person]:
    """Everyone in an organisation, by name."""
    found: dict[UUID, list[Membership]] = {}
    with acting_for(organisation_id):
        rows = (
            Membership.objects.filter(organisation_id=organisation_id)
            .select_related("user")
            .order_by("created_at")
        )
        for membership in rows:
            found.setdefault(membership.user_id, []).append(membership)
        people = [
            Person(_name(held[0]), held[0].user.email, tuple(m.get_role_display() for m in held))
            for held in found.values()
        ]
    return sorted(people, key=lambda person: person.name.casefold())


def _name(membership: Membership) -> str:
    if not membership.name_sealed:
        return ""
    return vault.unseal(
        bytes(membership.name_sealed), place=name_place(membership.pk, membership.organisation_id)
    )
