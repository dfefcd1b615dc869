import pytest
from django.http import Http404

from apps.accounts.enums import Role
from apps.accounts.models import Membership
from apps.accounts.queries import actor_for
from apps.accounts.services import join_organisation
from apps.core.organisation import acting_for
from apps.encounters.access import encounter_for, readable_encounter_for
from apps.encounters.models import Encounter
from tests.cast import CastMember

MAY_TAKE_PART = {"ada"}
MAY_READ = {"ada", "grace"}


def reached(find: object, member: CastMember, encounter: Encounter) -> bool:
    with acting_for(member.actor.organisation_id):
        try:
            return find(member.actor, encounter.pk) == encounter
        except Http404:
            return False


@pytest.mark.parametrize(
    ("find", "expected"), [(encounter_for, MAY_TAKE_PART), (readable_encounter_for, MAY_READ)]
)
def test_an_encounter_is_reached_by_these_people_alone(
    cast: dict[str, CastMember], encounter: Encounter, find: object, expected: set[str]
) -> None:
    assert {key for key, member in cast.items() if reached(find, member, encounter)} == expected


@pytest.mark.parametrize(
    ("role", "goes_on"), [(Role.SUPERVISOR, True), (Role.SEEKER, False), (Role.AUDITOR, False)]
)
def test_a_person_goes_on_with_their_practice_only_in_a_role_that_practises(
    ada: CastMember, encounter: Encounter, role: Role, goes_on: bool
) -> None:
    join_organisation(ada.user, organisation=ada.organisation, role=role, name="Ada Nwosu")
    Membership.objects.filter(user=ada.user, role=Role.TRAINEE).delete()
    changed = CastMember("ada", ada.user, actor_for(ada.user), ada.organisation)
    assert reached(encounter_for, changed, encounter) is goes_on
