"""How a client of the library answers over the API: the talk so far is played again through the rules, then this turn.

Nothing is stored: the state follows from the words that the caller sends along. Knows one organisation's clients.
"""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from apps.api.errors import UnfitError
from apps.encounters.answering import FixedReply, Listened, Plan
from apps.encounters.enums import Source
from apps.practice.answers import coded
from apps.practice.dynamics import react, versions
from apps.practice.prompt import reply_request
from apps.practice.state import ClientState, Memory, starting_memory, starting_state
from apps.practice.table import rule_table
from apps.practice.wording import authored_line, opening_line
from apps.scenarios.case import Case
from apps.scenarios.queries import case_of, newest_version, newest_versions
from inference.insight.behaviour import code_turn

Talk = Sequence[tuple[str, str]]


def case_for(organisation_id: UUID, slug: str, *, seed: int) -> Case:
    """The organisation's client of this slug, or one of its easiest by the seed. Call inside `acting_for`.

    Raises:
        UnfitError: client_unknown.
    """
    if slug:
        version = newest_version(organisation_id, slug)
        if version is not None:
            return case_of(version)
    else:
        cases = [case_of(version) for version in newest_versions(organisation_id)]
        easiest = min((case.difficulty for case in cases), default=0)
        fitting = [case for case in cases if case.difficulty == easiest]
        if fitting:
            return fitting[seed % len(fitting)]
    raise UnfitError("client_unknown", "Your organisation has no such client in its library.")


def client_plan(
    case: Case, *, listened: Listened, text: str, seed: int, request_id: str, max_tokens: int
) -> Plan:
    """How the client answers; what is told behind a gate is always the author's words."""
    talk = listened.talk or [("", opening_line(case, seed=seed).text)]
    state, memory, n = _played(case, talk, seed)
    coding = coded(text, replace(listened, talk=talk))
    decided = react(
        case,
        state=state,
        memory=memory,
        codes=coding.codes,
        text=text,
        seed=seed,
        n=n,
        abstained=coding.abstained,
        signals=listened.signals & rule_table().given,
    )
    line = authored_line(case, decided, text=text, used=memory.used, seed=seed)
    request = None
    if not decided.is_the_author_s:
        request = reply_request(
            case, decided, history=list(talk), text=text, seed=seed, request_id=request_id
        )
        request = replace(request, max_tokens=max_tokens)
    return Plan(
        FixedReply((line.text,), Source.AUTHORED),
        request,
        versions=versions(case) | {"coder": coding.version},
    )


def _played(case: Case, talk: Talk, seed: int) -> tuple[ClientState, Memory, int]:
    """Where the client stands after the talk, and the number of the turn that comes."""
    state, memory, n, client = starting_state(case), starting_memory(case), 1, ""
    for therapist, reply in talk:
        if therapist:
            coding = code_turn(therapist, previous_client=client)
            reaction = react(
                case,
                state=state,
                memory=memory,
                codes=coding.codes,
                text=therapist,
                seed=seed,
                n=n,
                abstained=coding.abstained,
            )
            state, memory, n = reaction.state, reaction.memory, n + 1
        client = reply
    return state, memory, n
