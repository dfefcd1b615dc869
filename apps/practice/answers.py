"""How practice answers a turn: code the therapist's words, let the client react, and plan who words it.

The reaction is decided and recorded while the turn opens; the engine is asked only for words. A failed turn keeps its
reaction but no later turn starts from it.
"""

from collections.abc import Iterable, Mapping
from uuid import UUID

from django.conf import settings

from apps.encounters import queries
from apps.encounters.answering import FixedReply, Plan
from apps.encounters.enums import Source
from apps.encounters.models import Encounter, Turn
from apps.encounters.services import Opened
from apps.practice.dynamics import react, versions
from apps.practice.models import Reaction
from apps.practice.prompt import reply_request
from apps.practice.services import record_reaction
from apps.practice.state import ClientState, Memory, starting_memory, starting_state
from apps.practice.wording import authored_line
from apps.scenarios.case import Case
from apps.scenarios.queries import case_of
from inference.contracts import ReplyRequest
from inference.insight.behaviour import code_turn

HISTORY_TURNS = 6


class PracticeAnswerer:
    """The difficult client, as the turn runner sees it."""

    def plan(self, encounter: Encounter, opened: Opened) -> Plan:
        case = case_of(encounter.scenario_version)
        turn = opened.turn
        branch = opened.branch()
        state, memory = standing_after(case, branch)
        history = self._history(encounter, branch)
        coding = code_turn(opened.text, previous_client=history[-1][1] if history else "")
        decided = react(
            case,
            state=state,
            memory=memory,
            codes=coding.codes,
            text=opened.text,
            seed=encounter.seed,
            n=turn.n,
            abstained=coding.abstained,
        )
        line = authored_line(case, decided, text=opened.text, used=memory.used, seed=encounter.seed)
        reaction = record_reaction(turn, decided=decided, line_id=line.id)
        return Plan(
            fixed=FixedReply((line.text,), Source.AUTHORED),
            request=self._request(case, decided, history, opened, encounter),
            cue=line.cue or (decided.cue.id if decided.cue else ""),
            versions=versions(case) | {"coder": coding.version},
            told=_told(case, reaction),
        )

    def _history(self, encounter: Encounter, branch: list[Turn]) -> list[tuple[str, str]]:
        """The last turns of the branch as (therapist, client), after the client's opening as ("", opening)."""
        before = branch[-HISTORY_TURNS:]
        said = [(entry.said, entry.reply) for entry in queries.spoken(before)]
        if len(before) < HISTORY_TURNS:
            said.insert(0, ("", queries.opening_of(encounter)[0]))
        return said

    def _request(
        self,
        case: Case,
        decided: object,
        history: list[tuple[str, str]],
        opened: Opened,
        encounter: Encounter,
    ) -> ReplyRequest | None:
        """None where the author's words must stand: what is told behind a gate is a fact no model may garble."""
        if settings.ENGINE == "none" or decided.gate is not None:
            return None
        return reply_request(
            case,
            decided,
            history=history,
            text=opened.text,
            seed=encounter.seed,
            request_id=str(opened.turn.pk),
        )

    def told(self, turn_ids: Iterable[UUID]) -> Mapping[UUID, Mapping[str, object]]:
        rows = Reaction.objects.filter(turn__in=list(turn_ids)).select_related(
            "turn__encounter__scenario_version__scenario"
        )
        return {row.turn_id: _told(case_of(row.turn.encounter.scenario_version), row) for row in rows}


def _told(case: Case, reaction: Reaction) -> Mapping[str, object]:
    """The ledger, where the case shows it while one practises."""
    return {"ledger": reaction.ledger if case.show_ledger else None, "coach": None}


def standing_after(case: Case, branch: list[Turn]) -> tuple[ClientState, Memory]:
    """Where the client stands after a branch: as its last turn that moved them left them, or as the author set them
    down. A turn answered in fixed words moved nothing."""
    last = Reaction.objects.filter(turn__in=branch).order_by("-turn__n").first() if branch else None
    if last is None:
        return starting_state(case), starting_memory(case)
    return state_of(last), Memory.from_json(last.memory)


def state_of(reaction: Reaction) -> ClientState:
    return ClientState.of(vars(reaction))
