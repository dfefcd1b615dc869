"""A scripted therapist: reads the script's JSON Lines and plays them against a client, turn by turn.

What codes a turn without codes, and who words the replies, are handed in. Needs no database, worker or Django.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apps.practice.dynamics import Reaction, react, versions
from apps.practice.errors import ScriptError
from apps.practice.state import starting_memory, starting_state
from apps.practice.wording import authored_line, opening_line
from apps.scenarios.case import CODES, DIMENSIONS, Case, Opening
from apps.scenarios.reading import nearest
from inference.contracts import BehaviourCode
from inference.vocabulary import cues

SUBTYPES = {"Q": ("open", "closed")}
LONGEST_TEXT = 4000
_KEYS = frozenset({"text", "codes"})


@dataclass(frozen=True)
class ScriptedTurn:
    """One line of a script. `codes` is None where the coder is to read the words."""

    text: str
    codes: tuple[BehaviourCode, ...] | None


@dataclass(frozen=True)
class Wording:
    """A reply's words, who made them (`authored` or `model`), and the cue's id shown with them or empty."""

    text: str
    source: str
    cue: str
    line_id: str = ""


Coder = Callable[[str, str], tuple[Sequence[BehaviourCode], bool, str]]
"""(therapist's text, the client's last words) -> (codes, abstained, the coder's version)."""
Speaker = Callable[[Case, Reaction, "Scene"], Wording]


@dataclass(frozen=True)
class Scene:
    """What a speaker may look at: the therapist's text, the seed, lines used, and the words so far as
    (speaker, text) with speaker `therapist` or `client`."""

    text: str
    seed: int
    used: tuple[str, ...]
    history: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class PlayedTurn:
    """One played turn."""

    text: str
    reaction: Reaction
    reply: Wording


@dataclass(frozen=True)
class Played:
    """A whole run."""

    case: Case
    seed: int
    opening: Opening
    turns: tuple[PlayedTurn, ...]
    coder: str

    def to_json(self) -> dict[str, Any]:
        """The object that `manage.py simulate` writes."""
        return {
            "scenario": self.case.slug,
            "seed": self.seed,
            "versions": {**versions(self.case), "coder": self.coder},
            "initial": starting_state(self.case).to_json(),
            "turns": [_turn(turn) for turn in self.turns],
        }


def read_script(lines: Iterable[str], *, file: str) -> tuple[ScriptedTurn, ...]:
    """Parse JSON Lines; empty lines are skipped. Raises ScriptError with file and line, never with what was written."""
    turns = tuple(
        _scripted(line, f"{file}:{number}") for number, line in enumerate(lines, start=1) if line.strip()
    )
    if not turns:
        raise ScriptError(f'{file}: has no turns; one JSON object a line, {{"text": "...", "codes": ["SR"]}}')
    return turns


def speak_authored(case: Case, reaction: Reaction, scene: Scene) -> Wording:
    """The author's words, with the author's cue where the line has one."""
    line = authored_line(case, reaction, text=scene.text, used=scene.used, seed=scene.seed)
    return Wording(line.text, "authored", line.cue or (reaction.cue.id if reaction.cue else ""), line.id)


def play(
    case: Case, script: Sequence[ScriptedTurn], *, seed: int, coder: Coder, speaker: Speaker = speak_authored
) -> Played:
    """Play a script from the opening line on. The coder is asked for turns without codes, and for whether a given
    question is open or closed where the script does not say."""
    opening = opening_line(case, seed=seed)
    state, memory = starting_state(case), starting_memory(case)
    history: list[tuple[str, str]] = [("client", opening.text)]
    played, coder_version = [], ""
    for n, turn in enumerate(script, start=1):
        read, abstained, coder_version = coder(turn.text, history[-1][1])
        codes = tuple(read) if turn.codes is None else _with_question_kinds(turn.codes, read)
        reaction = react(
            case,
            state=state,
            memory=memory,
            codes=codes,
            text=turn.text,
            seed=seed,
            n=n,
            abstained=abstained and turn.codes is None,
        )
        scene = Scene(turn.text, seed, memory.used, (*history, ("therapist", turn.text)))
        reply = speaker(case, reaction, scene)
        history += [("therapist", turn.text), ("client", reply.text)]
        state, memory = reaction.state, reaction.memory
        memory = memory.having_said(reply.line_id) if reply.line_id else memory
        played.append(PlayedTurn(turn.text, reaction, reply))
    return Played(case, seed, opening, tuple(played), coder_version)


def _with_question_kinds(
    given: Sequence[BehaviourCode], read: Sequence[BehaviourCode]
) -> tuple[BehaviourCode, ...]:
    kind = next((code.subtype for code in read if code.code == "Q"), "")
    return tuple(
        BehaviourCode(code.code, code.subtype or kind, code.confidence, code.start, code.end)
        if code.code == "Q"
        else code
        for code in given
    )


def _scripted(line: str, where: str) -> ScriptedTurn:
    try:
        value = json.loads(line)
    except ValueError as error:
        raise ScriptError(f"{where}: is not JSON; one object a line") from error
    if not isinstance(value, Mapping):
        raise ScriptError(f'{where}: must be an object with "text" and, if you like, "codes"')
    for key in value.keys() - _KEYS:
        if close := difflib.get_close_matches(key.lower(), _KEYS, n=1, cutoff=0.75):
            raise ScriptError(f'{where}: "{key[:40]}" is not a key of a script; did you mean "{close[0]}"?')
    text = value.get("text")
    if not isinstance(text, str) or len(text) > LONGEST_TEXT:
        raise ScriptError(f"{where}: text must be a text of at most {LONGEST_TEXT} characters")
    codes = value.get("codes")
    if codes is None:
        return ScriptedTurn(text, None)
    if not isinstance(codes, list):
        raise ScriptError(f'{where}: codes must be a list like ["SR", "Q"]')
    read = [_code(code, f"{where}: codes[{index}]", len(text)) for index, code in enumerate(codes)]
    return ScriptedTurn(text, tuple({code.code: code for code in reversed(read)}.values())[::-1])


def _code(value: Any, where: str, end: int) -> BehaviourCode:
    """`"SR"`, `"Q open"`, or `{"code": "Q", "subtype": "open"}`; each code counts once a turn."""
    if isinstance(value, Mapping):
        name, subtype = value.get("code"), value.get("subtype") or ""
    elif isinstance(value, str):
        name, _, subtype = value.replace(":", " ").partition(" ")
    else:
        name, subtype = None, ""
    if not isinstance(name, str) or not isinstance(subtype, str):
        raise ScriptError(f'{where}: must be a code like "SR" or "Q open"')
    if name not in CODES:
        raise ScriptError(f'{where}: "{name[:40]}" is not a behaviour code{nearest(name[:40], CODES)}')
    subtype = subtype.strip()
    if subtype and subtype not in SUBTYPES.get(name, ()):
        raise ScriptError(
            f'{where}: "{subtype[:40]}" is no kind of {name}; only Q open and Q closed have one'
        )
    return BehaviourCode(name, subtype, 1.0, 0, end)


def _turn(turn: PlayedTurn) -> dict[str, Any]:
    ledger = turn.reaction.ledger.to_json()
    cue = cues().get(turn.reply.cue)
    return {
        "n": ledger["n"],
        "text": turn.text,
        "codes": [code.code for code in turn.reaction.ledger.codes],
        "rules": ledger["rules"],
        "deltas": {dimension: ledger["deltas"].get(dimension, 0) for dimension in DIMENSIONS},
        "state": ledger["state"],
        "stage": ledger["stage"],
        "act": ledger["act"],
        "talk": ledger["talk"],
        "cue": {"id": cue.id, "channel": cue.channel, "text": cue.text} if cue else None,
        "reply": turn.reply.text,
        "source": turn.reply.source,
    }
