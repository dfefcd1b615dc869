"""What clients say after which code, counted over played sessions, beside the measured shares (AnnoMI, %)."""

from collections import Counter
from functools import cache

import pytest

from apps.practice.draws import Draws
from apps.practice.scripts import ScriptedTurn, play
from apps.scenarios.library import library_cases
from tests.clients import said, uncoded

MEASURED = {
    "Q open": {"change": 36, "sustain": 13},
    "Q closed": {"change": 18, "sustain": 10},
    "SR": {"change": 23, "sustain": 8},
    "CR": {"change": 24, "sustain": 13},
    "Persuade": {"change": 23, "sustain": 16},
    "GI": {"change": 13, "sustain": 10},
    "PersuadeWith": {"change": 53, "sustain": 3},
}
TIE = 3
SEEDS = range(40)
TURNS = 12
# An ordinary session's mix: reflections and questions mostly, some information, little advice.
MIX = {"Q open": 4, "Q closed": 3, "SR": 3, "CR": 3, "Persuade": 1, "GI": 2, "PersuadeWith": 1}


def script(seed: int) -> list[ScriptedTurn]:
    """Twelve turns drawn from the mix."""
    return [
        said("Tell me about it.", Draws("script", seed, n).choose("code", MIX)) for n in range(1, TURNS + 1)
    ]


@cache
def counted(difficulties: tuple[int, ...], first_turns: int = TURNS) -> dict[str, dict[str, float]]:
    """Shares in % of the client's talk by code, and over `all` turns."""
    talk: dict[str, Counter[str]] = {code: Counter() for code in [*MEASURED, "all"]}
    for case in library_cases():
        if case.difficulty not in difficulties:
            continue
        for seed in SEEDS:
            for turn in play(case, script(seed), seed=seed, coder=uncoded).turns[:first_turns]:
                (code,) = turn.reaction.ledger.codes
                for key in (f"{code.code} {code.subtype}".strip(), "all"):
                    talk[key][turn.reaction.talk] += 1
    return {
        code: {family: 100 * count[family] / count.total() for family in ("change", "neutral", "sustain")}
        for code, count in talk.items()
    }


@pytest.mark.parametrize("family", ["change", "sustain"])
@pytest.mark.parametrize("difficulties", [(1, 2), (3, 4), (1, 2, 3, 4)])
def test_counted_shares_are_in_the_measured_order(family: str, difficulties: tuple[int, ...]) -> None:
    ours = counted(difficulties)

    swapped = [
        (more, less, round(ours[more][family], 1), round(ours[less][family], 1))
        for more in MEASURED
        for less in MEASURED
        if MEASURED[more][family] - MEASURED[less][family] >= TIE
        and ours[more][family] < ours[less][family] - TIE
    ]
    assert swapped == []


def test_difficult_clients_start_with_a_third_of_sustain_talk_and_easy_ones_with_far_less() -> None:
    assert 30 <= counted((3, 4), 3)["all"]["sustain"] <= 45
    assert counted((1,), 3)["all"]["sustain"] < 22


def test_no_client_resists_every_turn_or_gives_in_at_once() -> None:
    for difficulties in ((1,), (2,), (3,), (4,)):
        shares = counted(difficulties)["all"]
        assert shares["sustain"] < 50
        assert 4 < shares["change"] < 40
