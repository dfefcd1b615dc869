"""Changes of a practice encounter: starting with a client, and writing down how the client reacted."""

import secrets
from uuid import uuid4

from apps.accounts.actors import Actor
from apps.accounts.remote_engine import remote_engine_for
from apps.encounters import services as encounters
from apps.encounters.enums import Mode, UtteranceKind
from apps.encounters.models import Encounter, Turn
from apps.practice.dynamics import Reaction as Decided
from apps.practice.models import Reaction
from apps.practice.wording import opening_line
from apps.scenarios.models import ScenarioVersion
from apps.scenarios.queries import case_of

MOST_SEED = 2**31


def start_practice(version: ScenarioVersion, *, actor: Actor, seed: int | None = None) -> Encounter:
    """Begin a sitting with this client, who speaks first. The seed decides every draw; a random one where None. Whether
    a service outside words the replies is settled here, as the page names it from the start."""
    chosen = secrets.randbelow(MOST_SEED) if seed is None else seed
    case = case_of(version)
    opening = opening_line(case, seed=chosen)
    encounter = encounters.start_encounter(
        actor=actor,
        mode=Mode.PRACTICE,
        scenario_version=version,
        seed=chosen,
        remote_engine=remote_engine_for(actor.organisation_id, actor.user_id),
    )
    encounters.utter(encounter, UtteranceKind.OPENING, opening.text, cue=opening.cue)
    return encounter


def remote_engine_of(encounter: Encounter) -> str:
    """The service outside that words this sitting's replies, or nothing: agreed to before it began, and still."""
    if not encounter.remote_engine:
        return ""
    agreed = remote_engine_for(encounter.organisation_id, encounter.person_id)
    return agreed if agreed == encounter.remote_engine else ""


def record_reaction(turn: Turn, *, decided: Decided, line_id: str) -> Reaction:
    """Keep what was decided about a turn, before any word is made of it."""
    return Reaction.objects.create(
        id=uuid4(),
        organisation_id=turn.organisation_id,
        turn=turn,
        **decided.state.to_json(),
        act=decided.act,
        line_id=line_id,
        ledger=decided.ledger.to_json() | {"cue": decided.cue.id if decided.cue else ""},
        memory=decided.memory.having_said(line_id).to_json(),
    )
