from typing import Any

import pytest

from inference.benchmark.ratios import ratios

REPLY = {"p50": 140.0, "p95": 210.0, "p99": 240.0}


def figures(tokens_per_s: float, p95: float, **changes: object) -> dict[str, Any]:
    return {
        "tokens_per_s": tokens_per_s,
        "first_ms": {"p50": 40.0, "p95": p95, "p99": p95},
        "slowest_over_median": 2.0,
        "failed_answers": 0,
    } | changes


def result(*, amx: bool = True, device: str = "cpu", **changes: object) -> dict[str, Any]:
    return {
        "machine": {"device": device, "amx_bf16": amx},
        "engines": {
            "ours": {"1": figures(30.0, 50.0), "16": figures(300.0, 100.0), "100": figures(500.0, 400.0)},
            "llama.cpp": {"16": figures(100.0, 1000.0), "100": {"failed": "TimeoutError"}},
            "generate": {"1": figures(20.0, 100.0)},
            "transformers batching": {"absent": "not there"},
        },
        "card": {"measured": False},
    } | changes


def by_place(rows: list[dict[str, Any]]) -> dict[tuple[str, int, str], dict[str, Any]]:
    return {(row["figure"], row["chats"], row["against"]): row for row in rows}


def test_every_peer_that_was_measured_beside_ours_has_its_ratios_beside_their_bars() -> None:
    rows = by_place(ratios(result())["engines"])
    peers = {(chats, against) for figure, chats, against in rows if figure == "tokens/s"}
    assert peers == {(1, "generate"), (16, "llama.cpp")}
    fast = rows["tokens/s", 16, "llama.cpp"]
    assert (fast["value"], fast["bar"], fast["holds"]) == (3.0, "at least 2.5", True)
    soon = rows["first token p95", 16, "llama.cpp"]
    assert (soon["value"], soon["bar"], soon["holds"]) == (0.1, "at most 0.2", True)
    alone = rows["tokens/s", 1, "generate"]
    assert (alone["value"], alone["bar"], alone["holds"]) == (1.5, "at least 1.5", True)
    assert rows["first token p95", 1, "generate"]["bar"] == ""
    fair = rows["slowest first token / median", 100, ""]
    assert (fair["value"], fair["bar"], fair["holds"]) == (2.0, "at most 3", True)
    assert rows["slowest first token / median", 16, ""]["holds"] is None


@pytest.mark.parametrize(
    ("amx", "device", "speaks"), [(True, "cpu", True), (False, "cpu", False), (True, "cuda", False)]
)
def test_a_bar_speaks_of_its_own_kind_of_machine_only(amx: bool, device: str, speaks: bool) -> None:
    row = by_place(ratios(result(amx=amx, device=device))["engines"])["tokens/s", 16, "llama.cpp"]
    assert (row["speaks_of_this_machine"], row["machine"]) == (speaks, "a processor with AMX bf16")


def test_a_ratio_below_its_bar_does_not_hold() -> None:
    engines = {"ours": {"16": figures(91.1, 1900.0)}, "llama.cpp": {"16": figures(62.0, 5700.0)}}
    rows = by_place(ratios(result(engines=engines))["engines"])
    assert (rows["tokens/s", 16, "llama.cpp"]["value"], rows["tokens/s", 16, "llama.cpp"]["holds"]) == (
        1.469,
        False,
    )
    assert rows["first token p95", 16, "llama.cpp"]["holds"] is False


def test_answers_that_failed_leave_a_bar_undecided() -> None:
    engines = {
        "ours": {"16": figures(300.0, 100.0)},
        "llama.cpp": {"16": figures(90.0, 900.0, failed_answers=3)},
    }
    row = by_place(ratios(result(engines=engines))["engines"])["tokens/s", 16, "llama.cpp"]
    assert (row["holds"], row["why"]) == (None, "3 answers of llama.cpp failed")


def test_a_card_has_bars_of_its_own() -> None:
    card = {
        "measured": True,
        "trials": [
            {"chats": 1, **figures(150.0, 30.0), "bound": {"share": 0.55}},
            {"chats": 32, **figures(3000.0, 60.0)},
            {"chats": 100, **figures(6000.0, 200.0)},
            {"chats": 256, "failed": "OutOfMemoryError"},
        ],
        "generate": [{"chats": 100, **figures(500.0, 2000.0)}],
        "reply": {"replies": 100, "failed_answers": 0, "first segment": REPLY, "whole": REPLY},
    }
    made = ratios(result(device="cuda", card=card))["card"]
    held = {(row["figure"], row["chats"]): row["holds"] for row in made if row["bar"]}
    assert held == {
        ("tokens/s", 100): True,
        ("share of the roofline in a step", 1): False,
        ("first token p50 ms", 32): True,
        ("/v1/reply first segment p50 ms", 1): True,
        ("/v1/reply first segment p95 ms", 1): False,
        ("/v1/reply first segment p99 ms", 1): True,
        ("/v1/reply whole p50 ms", 1): True,
        ("/v1/reply whole p95 ms", 1): False,
        ("/v1/reply whole p99 ms", 1): True,
    }
    assert all(row["speaks_of_this_machine"] for row in made if row["bar"])
