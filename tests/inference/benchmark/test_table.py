import io

from rich.console import Console

from inference.benchmark.figures import Answer, figures
from inference.benchmark.table import show

STEP = {
    "rows": 4,
    "step_ms": 10.0,
    "moved_mb": 50.0,
    "operations_g": 0.5,
    "bytes_ms": 5.0,
    "operations_ms": 2.0,
    "bound_by": "bytes",
    "share": 0.5,
}
MACHINE = {"bandwidth_gb_s": 10.0, "exact_gop_s": 100.0, "whole_gop_s": 400.0, "numbers": "bfloat16"}


def shown(**changes: object) -> str:
    fair = figures([Answer(0.1, 1.1, 11), Answer(0.2, 1.2, 11)], wall_s=2.0, memory_mb=512.0)
    unfair = figures([Answer(0.1, 1.1, 11)] * 3 + [Answer(0.9, 1.9, 11)], wall_s=2.0, memory_mb=512.0)
    result = {
        "model": "tiny.gguf",
        "machine": {"threads": 2, "own_threads": 1},
        "turns": 3,
        "engines": {
            "ours": {"4": fair.to_json()},
            "generate": {"4": unfair.to_json(), "16": {"failed": "TimeoutError"}},
            "llama.cpp": {"absent": "needs xllamacpp"},
        },
        "ratios": {"engines": [], "card": []},
        "bounds": {"machine": MACHINE, "steps": [STEP]},
        "card": {"measured": False, "why": "there is no CUDA card"},
    } | changes
    console = Console(file=io.StringIO(), width=200)
    show(result, console)
    return console.file.getvalue()


def test_a_table_has_every_engine_and_who_starves() -> None:
    lines = {line.split("│")[1].strip(): line for line in shown().splitlines() if line.startswith("│")}
    assert "starved" not in lines["ours"]
    assert [cell.strip() for cell in lines["ours"].split("│")[2:6]] == ["4", "100.0", "200.0", "200.0"]
    text = shown()
    assert "9.0 starved" in text
    assert "TimeoutError" in text
    assert "needs xllamacpp" in text


def test_a_table_says_what_bounds_a_step_and_how_far_from_it_the_step_is() -> None:
    text = shown()
    assert "10.0 GB/s, 100.0 Gop/s in bfloat16, 400.0 Gop/s in whole numbers" in text
    row = next(line for line in text.splitlines() if "50%" in line)
    assert [cell.strip() for cell in row.split("│")[1:-1]] == [
        "4",
        "10.00",
        "50",
        "5.00",
        "0.5",
        "2.00",
        "bytes",
        "50%",
    ]
    assert "what bounds a step: unknown kind" in shown(bounds={"absent": "unknown kind"})


def test_a_card_that_was_measured_has_a_table_of_its_own() -> None:
    one = figures([Answer(0.1, 1.1, 11)], wall_s=1.0, memory_mb=20_000.0).to_json()
    card = {
        "measured": True,
        "left_out": [256],
        "machine": MACHINE | {"bandwidth_gb_s": 3000.0},
        "trials": [{"chats": 1, **one, "bound": STEP}, {"chats": 32, "failed": "OutOfMemoryError: full"}],
        "generate": [{"chats": 100, **one}],
        "reply": {
            "replies": 100,
            "failed_answers": 1,
            "first segment": {"p50": 140.0, "p95": 150.0, "p99": 160.0},
            "whole": {"p50": 340.0, "p95": 350.0, "p99": 360.0},
            "memory_mb": 3000.0,
            "card_memory_mb": 41_000.0,
        },
    }
    text = shown(card=card)
    assert "8B configuration, on the card" in text
    assert "no memory" in text
    assert "OutOfMemoryError: full" in text
    rows = [[cell.strip() for cell in line.split("│")] for line in text.splitlines()]
    assert any(row[1:3] == ["generate", "100"] and row[-2] == "0" for row in rows)
    assert "100 replies, 1 failed" in text
    assert "340.0" in text
    assert "3000 MB, on the card 41000 MB" in text
    assert "3000.0 GB/s" in text
    assert "not measured, there is no CUDA card" in shown()


def test_answers_that_failed_are_shown_with_their_reasons() -> None:
    some = figures([Answer(0.1, 1.1, 11)], wall_s=2.0, memory_mb=1.0, failures=["its process ended"] * 3)
    text = shown(engines={"ours": {"16": some.to_json()}})
    assert "ours, 16 chats: 3 answers failed: 3 its process ended" in text


def test_ratios_stand_beside_their_bars_and_say_whether_these_speak_of_this_machine() -> None:
    row = {
        "figure": "tokens/s",
        "chats": 16,
        "against": "llama.cpp",
        "value": 1.469,
        "bar": "at least 2.5",
        "holds": False,
        "machine": "a processor with AMX bf16",
        "speaks_of_this_machine": False,
        "why": "",
    }
    here = row | {"speaks_of_this_machine": True, "holds": None, "why": "3 answers of llama.cpp failed"}
    text = shown(ratios={"engines": [row, here], "card": []})
    lines = [line for line in text.splitlines() if "at least 2.5" in line]
    cells = [[cell.strip() for cell in line.split("│")[1:-1]] for line in lines]
    assert cells[0] == [
        "tokens/s",
        "16",
        "llama.cpp",
        "1.47",
        "at least 2.5",
        "no",
        "a processor with AMX bf16, not here",
    ]
    assert cells[1][5:] == ["3 answers of llama.cpp failed", "this machine"]


def test_what_failed_is_shown_beside_what_was_measured() -> None:
    text = shown(bounds={"machine": MACHINE, "steps": [STEP], "failed": "MemoryError: full"})
    assert "what bounds a step: failed, MemoryError: full" in text
    assert "50%" in text
