from datetime import timedelta

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher, make_password
from django.utils import timezone

from apps.accounts import queries, services
from apps.accounts.enums import Role
from apps.accounts.errors import InvitationError
from apps.accounts.models import Invitation, JoinLink, Membership, User
from apps.audit.models import Entry
from apps.core.organisation import acting_for
from tests.cast import CastMember


@pytest.fixture
def newcomer(db: None) -> User:
    return User.objects.create_user("noor@example.net", "a-long-passphrase")


def test_passwords_are_kept_with_argon2_in_the_product() -> None:
    from pixelated.settings import PASSWORD_HASHERS  # the product's own list, not the tests' quick one

    assert PASSWORD_HASHERS == ["django.contrib.auth.hashers.Argon2PasswordHasher"]
    hasher = Argon2PasswordHasher()
    assert hasher.verify("word", make_password("word", hasher=hasher))


def test_the_organisation_knows_a_person_by_a_sealed_name(ada: CastMember) -> None:
    with acting_for(ada.actor.organisation_id):
        membership = Membership.objects.get(user=ada.user)
        assert b"Nwosu" not in bytes(membership.name_sealed)
    assert queries.name_of(ada.actor) == "Ada Nwosu"


def test_joining_twice_in_one_role_changes_nothing(ada: CastMember) -> None:
    before = Membership.objects.get(user=ada.user)
    again = services.join_organisation(
        ada.user, organisation=ada.organisation, role=Role.TRAINEE, name="Somebody Else"
    )
    assert (again.pk, queries.name_of(ada.actor)) == (before.pk, "Ada Nwosu")


def test_an_invitation_brings_its_address_in_once(omar: CastMember, newcomer: User) -> None:
    invitation, token = services.invite("Noor@Example.net", role=Role.SUPERVISOR, by=omar.actor)
    assert token not in str(vars(Invitation.objects.get(pk=invitation.pk)))
    membership = services.accept_invitation(token, user=newcomer, name="Noor Rahimi")
    assert (membership.organisation, membership.role) == (omar.organisation, Role.SUPERVISOR)
    with pytest.raises(InvitationError):
        services.accept_invitation(token, user=newcomer, name="Noor Rahimi")


def test_an_invitation_is_refused_to_another_address(omar: CastMember, mallory: CastMember) -> None:
    _, token = services.invite("noor@example.net", role=Role.ADMINISTRATOR, by=omar.actor)
    with pytest.raises(InvitationError):
        services.accept_invitation(token, user=mallory.user, name="Mallory")
    assert not Membership.objects.filter(user=mallory.user, organisation=omar.organisation).exists()


def test_an_invitation_grows_too_old(omar: CastMember, newcomer: User) -> None:
    invitation, token = services.invite("noor@example.net", role=Role.TRAINEE, by=omar.actor)
    Invitation.objects.filter(pk=invitation.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(InvitationError):
        services.accept_invitation(token, user=newcomer, name="Noor")


def test_opening_a_join_link_closes_the_one_before(omar: CastMember, newcomer: User) -> None:
    _, old = services.open_join_link(Role.TRAINEE, by=omar.actor)
    _, new = services.open_join_link(Role.TRAINEE, by=omar.actor)
    assert JoinLink.objects.filter(closed_at__isnull=True).count() == 1
    with pytest.raises(InvitationError):
        services.find_join_link(old)
    assert services.accept_join_link(new, user=newcomer, name="Noor").role == Role.TRAINEE


def test_joining_is_written_to_the_log_of_that_organisation(omar: CastMember, newcomer: User) -> None:
    _, token = services.open_join_link(Role.SEEKER, by=omar.actor)
    membership = services.accept_join_link(token, user=newcomer, name="Noor")
    with acting_for(omar.actor.organisation_id):
        last = Entry.objects.order_by("-seq").first()
        assert last is not None
        assert str(membership.pk).encode() in bytes(last.body)
        assert b"Noor" not in bytes(last.body) and b"example.net" not in bytes(last.body)


def test_a_person_acts_in_the_organisation_they_choose_and_only_there(
    ada: CastMember, mallory: CastMember
) -> None:
    services.join_organisation(ada.user, organisation=mallory.organisation, role=Role.REVIEWER, name="Ada N.")
    first = queries.actor_for(ada.user)
    other = queries.actor_for(ada.user, organisation_id=mallory.organisation.pk)
    foreign = queries.actor_for(mallory.user, organisation_id=ada.organisation.pk)
    assert first and first.roles == {Role.TRAINEE}
    assert other and other.roles == {Role.REVIEWER}
    assert foreign and foreign.organisation_id == mallory.organisation.pk


def test_a_person_who_was_closed_out_acts_nowhere(ada: CastMember) -> None:
    ada.user.is_active = False
    assert queries.actor_for(ada.user) is None


@pytest.mark.parametrize("extra", [0, 2])
def test_the_list_of_people_costs_the_same_however_long(
    ada: CastMember, extra: int, django_assert_max_num_queries: object
) -> None:
    for index in range(extra):
        user = User.objects.create_user(f"person{index}@example.net", None)
        services.join_organisation(
            user, organisation=ada.organisation, role=Role.TRAINEE, name=f"Person {index}"
        )
    with django_assert_max_num_queries(6):
        people = queries.people_of(ada.organisation.pk)
    assert len(people) == 5 + extra
    assert people[0].name == "Ada Nwosu"
