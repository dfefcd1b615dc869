"""The only way from a person to an encounter. What someone may not reach does not exist for them."""

from collections.abc import Mapping
from uuid import UUID

from django.http import Http404

from apps.accounts.actors import Actor
from apps.accounts.enums import Role
from apps.encounters.enums import Mode
from apps.encounters.models import Encounter

TAKES_PART: Mapping[str, tuple[Role, ...]] = {
    Mode.PRACTICE: (Role.TRAINEE, Role.SUPERVISOR),
    Mode.SUPPORT: (Role.SEEKER,),
}


def encounter_for(actor: Actor, pk: UUID, *, lock: bool = False) -> Encounter:
    """The actor's own encounter, to take part in. Call inside `acting_for`. `lock` keeps its row until commit.

    Raises:
        Http404: it is another person's, another organisation's, or nothing; or they hold no role any more that takes
            part in its mode.
    """
    rows = Encounter.objects.select_related("scenario_version__scenario")
    if lock:
        rows = rows.select_for_update(of=("self",))
    found = rows.filter(pk=pk, organisation_id=actor.organisation_id, person_id=actor.user_id).first()
    if found is None or not actor.has(*TAKES_PART[found.mode]):
        raise Http404
    return found


def readable_encounter_for(actor: Actor, pk: UUID) -> Encounter:
    """An encounter the actor may read: their own, or as a supervisor any practice encounter of the organisation.

    Raises:
        Http404: they may not.
    """
    found = (
        Encounter.objects.select_related("scenario_version__scenario")
        .filter(pk=pk, organisation_id=actor.organisation_id)
        .first()
    )
    if found is None:
        raise Http404
    own = found.person_id == actor.user_id
    supervised = actor.has(Role.SUPERVISOR) and found.mode == Mode.PRACTICE
    if not (own or supervised):
        raise Http404
    return found
