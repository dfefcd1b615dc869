"""The synchronous half of a turn: what the runner and the socket ask of the apps below, each call one transaction.

Knows which mode answers with what. Every function runs inside `store.in_store`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from apps.accounts.actors import Actor
from apps.chat.frames import Frame, Send, accepted_frame, cue_frame, finished_frame, frames_of
from apps.encounters import queries, services
from apps.encounters.access import encounter_for
from apps.encounters.answering import Answerer, FixedReply, Listened, Plan
from apps.encounters.enums import EncounterStatus, EventKind, Mode, Source
from apps.encounters.models import Encounter, Turn
from apps.encounters.order import append_event
from apps.encounters.services import Opened
from apps.encounters.words import acceptable
from apps.practice.answers import PracticeAnswerer
from apps.safety.asking import Assessed, request_for
from apps.safety.panels import panel_frame, words_of
from apps.safety.panels import version as panels_version
from apps.safety.policy import Panel, withheld_reason
from apps.safety.services import raise_flags
from apps.safety.turns import Heard, hear, hear_both
from inference.contracts import AssessRequest

ANSWERERS: Mapping[str, Answerer] = {Mode.PRACTICE: PracticeAnswerer()}


@dataclass(frozen=True)
class Begun:
    """A turn that was opened and heard in this process. `asked` is what to ask the worker about it; `plan` how it will
    be answered, where that does not depend on the worker. A repeat has neither `heard` nor anything to do."""

    turn: Turn
    frames: list[Frame]
    opened: Opened
    heard: Heard | None = None
    asked: AssessRequest | None = None
    talk: Sequence[tuple[str, str]] = ()
    plan: Plan | None = None


@dataclass(frozen=True)
class Decided:
    """How a turn will be answered; None where it was closed meanwhile."""

    plan: Plan | None
    frames: list[Frame]


@dataclass(frozen=True)
class Standing:
    """Where an encounter stands, for a socket that joins or resumes."""

    last_seq: int
    live: bool
    open_turn_id: UUID | None


def begin(actor: Actor, encounter_id: UUID, send: Send) -> Begun:
    """Open a turn and hear it with the lexical layer, in one transaction.

    Raises:
        RefusedError: it cannot become a turn; nothing was stored.
        Http404: it is not the actor's encounter.
    """
    text = acceptable(send.text)
    encounter = encounter_for(actor, encounter_id, lock=True)
    opened = services.open_turn(
        encounter, client_id=send.client_id, text=text, parent_id=send.parent_id, continues=send.continues
    )
    turn = opened.turn
    if not opened.created:
        return Begun(turn, repeat_frames(turn), opened)
    talk = queries.talk_before(encounter, opened.branch())
    heard = hear(
        encounter.mode, text, history=[said for said, _ in talk if said], scenario=slug_of(encounter)
    )
    services.keep_heard(turn, heard.facts)
    frames = [accepted_frame(turn, text=text, seq=opened.seq), *panel_frames(encounter, turn, heard)]
    plan = plan_for(encounter, opened, heard, talk) if heard.decided else None
    raise_flags(turn, heard.reasons, mode=heard.mode)
    asked = request_for(str(turn.pk), heard.mode, text, talk=talk)
    return Begun(turn, frames, opened, heard, asked, talk, plan)


def slug_of(encounter: Encounter) -> str:
    """The client of the library that was sat down with; empty in a mode that has none."""
    return encounter.scenario_version.scenario.slug if encounter.scenario_version else ""


def decide(begun: Begun, assessed: Assessed) -> Decided:
    """Add what the worker saw and let the mode decide, in one transaction. Where the plan stood already, what was added
    is kept and nothing else."""
    assert begun.heard is not None
    encounter = begun.turn.encounter
    services.locked(encounter.pk)
    heard = hear_both(begun.heard, assessed)
    is_open = services.keep_heard(begun.turn, heard.facts)
    frames: list[Frame] = []
    plan = begun.plan
    if is_open and plan is None:
        if heard.panel != begun.heard.panel:
            frames = panel_frames(encounter, begun.turn, heard)
        plan = plan_for(encounter, begun.opened, heard, begun.talk)
    raise_flags(begun.turn, heard.reasons, mode=heard.mode)
    if is_open and plan is not None and plan.request is not None and plan.request.remote_engine:
        services.note_sent_outside(begun.turn, plan.request.remote_engine)
    return Decided(plan if is_open else None, frames)


def plan_for(encounter: Encounter, opened: Opened, heard: Heard, talk: Sequence[tuple[str, str]]) -> Plan:
    if heard.refused:
        return refusal_plan(heard)
    listened = Listened(talk, heard.assessment, heard.signals)
    return ANSWERERS[encounter.mode].plan(encounter, opened, listened)


def flag_withheld(turn: Turn, kind: str) -> None:
    """Put a turn up for review whose words were kept back for a kind that somebody should know of."""
    reason = withheld_reason(kind)
    if reason is not None:
        raise_flags(turn, [reason], mode=turn.encounter.mode)


def panel_frames(encounter: Encounter, turn: Turn, heard: Heard) -> list[Frame]:
    """Open the help panel where policy says so."""
    return open_panel(encounter, heard.panel, turn=turn) if heard.panel else []


def open_panel(encounter: Encounter, panel: str, *, turn: Turn | None = None) -> list[Frame]:
    """Show fixed words and ways to a person beside the talk, in the encounter's order."""
    facts: dict[str, object] = {"panel": panel, "country": encounter.organisation.country}
    seq = append_event(encounter, EventKind.PANEL, turn=turn, facts=facts)
    return [{"type": str(EventKind.PANEL), "seq": seq} | panel_frame(facts)]


def refusal_plan(heard: Heard) -> Plan:
    """Fixed words in place of a reply: the mode is not asked, and nothing moves."""
    reply = FixedReply((words_of(heard.panel).reply,), Source.PROTOCOL)
    return Plan(fixed=reply, versions={"policy": heard.verdict.version, "panels": panels_version()})


def repeat_frames(turn: Turn) -> list[Frame]:
    """What a sender who repeats itself is told again: the acceptance of the first."""
    return frames_of([queries.acceptance_of(turn)], details={})


def about_me(actor: Actor, encounter_id: UUID) -> list[Frame]:
    """The person says that this is about them: help is shown beside the case, which goes on."""
    return open_panel(encounter_for(actor, encounter_id, lock=True), Panel.ASKED)


def stop(actor: Actor, encounter_id: UUID, turn_id: UUID) -> None:
    """Ask for a turn to stop.

    Raises:
        TurnRefusedError: turn_unknown.
    """
    services.request_stop(encounter_for(actor, encounter_id), turn_id)


def standing(actor: Actor, encounter_id: UUID) -> Standing:
    """Raises Http404 where it is not the actor's encounter."""
    encounter = encounter_for(actor, encounter_id)
    open_turn = queries.open_turn_of(encounter)
    live = encounter.status == EncounterStatus.LIVE
    return Standing(encounter.last_seq, live, open_turn.pk if open_turn else None)


def read_after(actor: Actor, encounter_id: UUID, after_seq: int) -> list[Frame]:
    """The next frames of the actor's encounter after a number, at most 500."""
    return frames_after(encounter_for(actor, encounter_id), after_seq)


def frames_after(encounter: Encounter, after_seq: int) -> list[Frame]:
    events = queries.events_after(encounter, after_seq)
    finished = [event.turn.pk for event in events if event.kind == EventKind.FINISHED and event.turn]
    details = ANSWERERS[encounter.mode].told(finished) if finished else {}
    return frames_of(events, details=details)


def segment_frame(turn: Turn, *, n: int, text: str, cue: str, seq: int) -> Frame:
    """The frame of a segment that was just committed."""
    shown = cue_frame(cue)
    return {"type": "turn.segment", "seq": seq, "turn_id": str(turn.pk), "n": n, "text": text, "cue": shown}


def close(turn: Turn, ending: services.Ending, *, told: Mapping[str, object]) -> list[Frame]:
    """End a turn and give the frame that says so; nothing where it was closed before."""
    seq = services.close_turn(turn, ending)
    if seq is None:
        return []
    turn.status, turn.source, turn.error_code = ending.status, ending.source, ending.error_code
    turn.timings = ending.timings or {}
    return [finished_frame(turn, told=told, seq=seq)]
