"""How practice answers a turn: code the therapist's words, let the client react, and plan who words it.

The reaction is decided and recorded once the turn was heard; the engine is asked only for words. A failed turn keeps
its reaction but no later turn starts from it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from uuid import UUID

from django.conf import settings

from apps.encounters.answering import FixedReply, Listened, Plan
from apps.encounters.enums import Source
from apps.encounters.models import Encounter, Turn
from apps.encounters.services import Opened
from apps.practice.dynamics import react, versions
from apps.practice.models import Reaction
from apps.practice.prompt import MAX_SEGMENTS, reply_request
from apps.practice.services import record_reaction, remote_engine_of
from apps.practice.state import ClientState, Memory, starting_memory, starting_state
from apps.practice.table import rule_table
from apps.practice.wording import authored_line
from apps.scenarios.case import CODES, Case
from apps.scenarios.queries import case_of
from inference.contracts import ReplyRequest
from inference.insight.behaviour import Coding, code_turn

CODER = "behaviour"
"""What the worker calls its coder of therapists' words among its versions."""


class PracticeAnswerer:
    """The difficult client, as the turn runner sees it."""

    def plan(self, encounter: Encounter, opened: Opened, listened: Listened) -> Plan:
        case = case_of(encounter.scenario_version)
        turn = opened.turn
        state, memory = standing_after(case, opened.branch())
        coding = coded(opened.text, listened)
        decided = react(
            case,
            state=state,
            memory=memory,
            codes=coding.codes,
            text=opened.text,
            seed=encounter.seed,
            n=turn.n,
            abstained=coding.abstained,
            signals=listened.signals & rule_table().given,
        )
        line = authored_line(case, decided, text=opened.text, used=memory.used, seed=encounter.seed)
        reaction = record_reaction(turn, decided=decided, line_id=line.id)
        request = self._request(case, decided, listened, opened, encounter)
        return Plan(
            fixed=FixedReply((line.text,), Source.AUTHORED),
            request=request,
            cue=line.cue or (decided.cue.id if decided.cue else ""),
            versions=versions(case) | {"coder": coding.version} | _sent_to(request),
            told=_told(case, reaction),
        )

    def _request(
        self,
        case: Case,
        decided: object,
        listened: Listened,
        opened: Opened,
        encounter: Encounter,
    ) -> ReplyRequest | None:
        """None where the author's words must stand."""
        if settings.ENGINE == "none" or decided.is_the_author_s:
            return None
        request = reply_request(
            case,
            decided,
            history=list(listened.talk),
            text=opened.text,
            seed=encounter.seed,
            request_id=str(opened.turn.pk),
        )
        service = remote_engine_of(encounter)
        return replace(request, remote_engine=service, max_segments=MAX_SEGMENTS) if service else request

    def told(self, turn_ids: Iterable[UUID]) -> Mapping[UUID, Mapping[str, object]]:
        rows = Reaction.objects.filter(turn__in=list(turn_ids)).select_related(
            "turn__encounter__scenario_version__scenario"
        )
        return {row.turn_id: _told(case_of(row.turn.encounter.scenario_version), row) for row in rows}


def _sent_to(request: ReplyRequest | None) -> dict[str, object]:
    """The service outside that was asked, whatever became of its answer."""
    asked = request is not None and request.remote_engine
    return {"remote_engine": asked} if asked else {}


def coded(text: str, listened: Listened) -> Coding:
    """The worker's codes where its coder answered in full, else those of the rules in this process."""
    answer = listened.assessment
    if answer is not None and CODER in answer.versions and all(code.code in CODES for code in answer.codes):
        return Coding(answer.codes, answer.abstained, answer.versions[CODER])
    return code_turn(text, previous_client=listened.talk[-1][1] if listened.talk else "")


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
