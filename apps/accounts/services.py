"""Changes to people and organisations: joining, inviting, naming. Each is one transaction and audited by its caller
where the caller knows who acts."""

from datetime import timedelta
from hashlib import sha256
from secrets import token_urlsafe
from uuid import UUID, uuid4

from django.utils import timezone

from apps.accounts.actors import Actor
from apps.accounts.enums import Role
from apps.accounts.errors import InvitationError
from apps.accounts.models import Invitation, JoinLink, Membership, Organisation, User
from apps.audit import services as audit
from apps.audit.actions import Action
from apps.core.organisation import acting_for
from apps.vault import services as vault
from apps.vault.sealing import Place

INVITATION_DAYS = 14


def hashed(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def name_place(membership_id: UUID, organisation_id: UUID) -> Place:
    return Place(
        organisation=organisation_id, table="accounts_membership", column="name_sealed", row=membership_id
    )


def join_organisation(user: User, *, organisation: Organisation, role: Role, name: str) -> Membership:
    """Give a person a role. Already holding it, they keep it as it is."""
    with acting_for(organisation.pk):
        held = Membership.objects.filter(user=user, organisation=organisation, role=role).first()
        if held:
            return held
        membership = Membership(id=uuid4(), user=user, organisation=organisation, role=role)
        data_key_id = vault.create_data_key(organisation.pk, purpose="person", subject_id=user.pk)
        membership.name_sealed = vault.seal(
            name, data_key_id=data_key_id, place=name_place(membership.pk, organisation.pk)
        )
        membership.save(force_insert=True)
        audit.append(
            Action.MEMBERSHIP_CREATED,
            actor_id=user.pk,
            organisation_id=organisation.pk,
            object_kind="membership",
            object_id=membership.pk,
            role=role,
        )
    return membership


def invite(email: str, *, role: Role, by: Actor) -> tuple[Invitation, str]:
    """Make a way in for one address. The token is returned once and not kept."""
    token = token_urlsafe(32)
    with acting_for(by.organisation_id):
        invitation = Invitation.objects.create(
            organisation_id=by.organisation_id,
            email=email.lower(),
            role=role,
            token_hash=hashed(token),
            invited_by_id=by.user_id,
            expires_at=timezone.now() + timedelta(days=INVITATION_DAYS),
        )
        audit.append(
            Action.INVITATION_CREATED,
            actor_id=by.user_id,
            organisation_id=by.organisation_id,
            object_kind="invitation",
            object_id=invitation.pk,
            role=by.role_words,
        )
    return invitation, token


def open_join_link(role: Role, *, by: Actor) -> tuple[JoinLink, str]:
    """Replace the organisation's join link for a role. The token is returned once and not kept."""
    token = token_urlsafe(24)
    with acting_for(by.organisation_id):
        JoinLink.objects.filter(organisation_id=by.organisation_id, role=role, closed_at__isnull=True).update(
            closed_at=timezone.now()
        )
        link = JoinLink.objects.create(
            organisation_id=by.organisation_id, role=role, token_hash=hashed(token)
        )
        audit.append(
            Action.JOIN_LINK_OPENED,
            actor_id=by.user_id,
            organisation_id=by.organisation_id,
            object_kind="join_link",
            object_id=link.pk,
            role=by.role_words,
        )
    return link, token


def find_invitation(token: str) -> Invitation:
    """The open invitation behind a token.

    Raises:
        InvitationError: unknown, used or expired.
    """
    found = (
        Invitation.objects.select_related("organisation")
        .filter(token_hash=hashed(token), accepted_at__isnull=True, expires_at__gt=timezone.now())
        .first()
    )
    if found is None:
        raise InvitationError
    return found


def find_join_link(token: str) -> JoinLink:
    """The open join link behind a token.

    Raises:
        InvitationError: unknown or closed.
    """
    found = (
        JoinLink.objects.select_related("organisation")
        .filter(token_hash=hashed(token), closed_at__isnull=True)
        .first()
    )
    if found is None:
        raise InvitationError
    return found


def accept_invitation(token: str, *, user: User, name: str) -> Membership:
    """Join by an invitation, which is then used up. Only the address it was sent to may use it.

    Raises:
        InvitationError: unknown, used, expired, or meant for another address.
    """
    invitation = find_invitation(token)
    if invitation.email.lower() != user.email.lower():
        raise InvitationError
    with acting_for(invitation.organisation_id):
        claimed = Invitation.objects.filter(pk=invitation.pk, accepted_at__isnull=True).update(
            accepted_at=timezone.now()
        )
        if not claimed:  # two tabs: the conditional update lets one through
            raise InvitationError
        return join_organisation(
            user, organisation=invitation.organisation, role=Role(invitation.role), name=name
        )


def accept_join_link(token: str, *, user: User, name: str) -> Membership:
    """Join by the organisation's link.

    Raises:
        InvitationError: unknown or closed.
    """
    link = find_join_link(token)
    return join_organisation(user, organisation=link.organisation, role=Role(link.role), name=name)
