"""The ledger entry of a turn: what was heard, which rules held, where the client stands, and one sentence of why.

Turns a reaction into the record people read. Decides nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apps.practice.rules import Effect
from apps.practice.state import ClientState
from apps.scenarios.case import DIMENSIONS, Person
from inference.contracts import BehaviourCode
from inference.vocabulary import acts

LABELS = {
    "GI": "information",
    "Persuade": "advice without permission",
    "PersuadeWith": "advice with permission",
    "Q": "question",
    "SR": "simple reflection",
    "CR": "complex reflection",
    "AF": "affirmation",
    "Seek": "seeking collaboration",
    "Emphasize": "leaving the choice",
    "Confront": "confrontation",
}
_MOVES_NAMED = 2
_MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True)
class Ledger:
    """The record of one turn; `to_json` is the `ledger` object of a finished turn."""

    n: int
    codes: tuple[BehaviourCode, ...]
    abstained: bool
    rules: tuple[Effect, ...]
    deltas: Mapping[str, int]
    state: ClientState
    stage: str
    act: str
    talk: str
    reason: str

    def to_json(self) -> dict[str, Any]:
        return {
            "n": self.n,
            "codes": [_code(code) for code in self.codes],
            "abstained": self.abstained,
            "rules": [{"id": rule.id, "why": rule.why, "deltas": dict(rule.deltas)} for rule in self.rules],
            "deltas": dict(self.deltas),
            "state": self.state.to_json(),
            "stage": self.stage,
            "act": self.act,
            "act_label": acts()[self.act].label,
            "talk": self.talk,
            "reason": self.reason,
        }


def code_label(code: BehaviourCode) -> str:
    """`open question`, `complex reflection`, ..."""
    label = LABELS[code.code]
    return f"{code.subtype} {label}" if code.code == "Q" and code.subtype else label


def reason(*, person: Person, codes: Sequence[BehaviourCode], rules: Sequence[Effect], act: str) -> str:
    """One sentence for a person: "Advice without permission: discord +8, he argues."

    Named are the rule that moved most and, from all rules that pull its way, what moved most."""
    causes = [rule for rule in rules if rule.deltas]
    moves = ["nothing moves"]
    if causes:
        cause = max(causes, key=_weight)
        alike = [rule for rule in causes if (rule.kind == "cost") == (cause.kind == "cost")]
        sums = {key: sum(rule.deltas.get(key, 0) for rule in alike) for key in DIMENSIONS}
        largest = sorted(filter(sums.get, sums), key=lambda key: -abs(sums[key]))[:_MOVES_NAMED]
        moves = [f"{key} {signed(sums[key])}" for key in largest]
        name = cause.name
    elif rules:
        name, moves = rules[-1].name, ["nothing to see yet"]
    elif codes:
        label = code_label(codes[0])
        name = label[0].upper() + label[1:]
    else:
        name = "Nothing there to weigh"
    return f"{name}: {', '.join(moves)}, {person.pronoun} {_verb(person, act)}."


def _weight(rule: Effect) -> int:
    return sum(map(abs, rule.deltas.values()))


def signed(value: int) -> str:
    """+8, or a real minus sign and the figure."""
    return f"+{value}" if value > 0 else f"{_MINUS}{-value}"


def _verb(person: Person, act: str) -> str:
    return acts()[act].do if person.pronoun == "they" else acts()[act].does


def _code(code: BehaviourCode) -> dict[str, Any]:
    return {
        "code": code.code,
        "subtype": code.subtype,
        "confidence": code.confidence,
        "label": code_label(code),
        "span": [code.start, code.end],
    }
