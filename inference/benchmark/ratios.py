"""Ours held against its peers and against the bars of the product, from the figures of one run.

Reads the result as JSON holds it and measures nothing. A bar speaks of one kind of machine; elsewhere its ratio is
shown and proves nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

OURS = "ours"
AMX, CARD = "a processor with AMX bf16", "a CUDA card"


@dataclass(frozen=True)
class Bar:
    """`least` or `most` a figure may be. A goal is none that has to be reached."""

    figure: str
    chats: int
    against: str
    machine: str
    least: float | None = None
    most: float | None = None
    is_goal: bool = False

    @property
    def words(self) -> str:
        bound = f"at least {self.least:g}" if self.least is not None else f"at most {self.most:g}"
        return f"{bound} (goal)" if self.is_goal else bound

    def holds(self, value: float) -> bool:
        return value >= self.least if self.least is not None else value <= (self.most or 0.0)


TOKENS, FIRST, SLOWEST = "tokens/s", "first token p95", "slowest first token / median"
STEP, FIRST_MS = "share of the roofline in a step", "first token p50 ms"
REPLY = "/v1/reply {part} {rank} ms"
BARS = (
    Bar(TOKENS, 1, "generate", AMX, least=1.5),
    Bar(TOKENS, 1, "llama.cpp", AMX, least=1.0, is_goal=True),
    Bar(TOKENS, 16, "llama.cpp", AMX, least=2.5),
    Bar(FIRST, 16, "llama.cpp", AMX, most=0.2),
    Bar(TOKENS, 100, "llama.cpp", AMX, least=3.5),
    Bar(SLOWEST, 100, "", AMX, most=3.0),
)
CARD_BARS = (
    Bar(TOKENS, 100, "generate", CARD, least=10.0),
    Bar(STEP, 1, "", CARD, least=0.6),
    Bar(FIRST_MS, 32, "", CARD, most=50.0),
    *(
        Bar(REPLY.format(part=part, rank=rank), 1, "", CARD, most=most)
        for part in ("first segment", "whole")
        for rank, most in (("p50", 150.0), ("p95", 200.0), ("p99", 250.0))
    ),
)
"""Of random weights of an 8B configuration. What of a reply has to come in time the bar leaves open: both are held."""


@dataclass(frozen=True)
class Ratio:
    """`value` is ours over theirs, or ours alone where `against` is "". `bar` is "" where there is none; `holds` is
    None there, and where answers that failed make the figures say less than they seem to (`why`)."""

    figure: str
    chats: int
    against: str
    value: float
    bar: str = ""
    holds: bool | None = None
    machine: str = ""
    speaks_of_this_machine: bool = False
    why: str = ""


def ratios(result: Mapping) -> dict[str, list[dict[str, object]]]:
    """Of what `result` has so far: of the engines, and of random weights on a card."""
    kinds = _kinds(result["machine"])
    measured = {
        name: {int(chats): each for chats, each in own.items() if _has_figures(each)}
        for name, own in result["engines"].items()
    }
    return {
        "engines": [asdict(row) for row in _held(_of_engines(measured), BARS, kinds)],
        "card": [asdict(row) for row in _held(_of_card(result["card"]), CARD_BARS, kinds)],
    }


def has_amx() -> bool:
    """Whether this processor multiplies bf16 in tiles; False where the system does not say."""
    try:
        return "amx_bf16" in Path("/proc/cpuinfo").read_text(errors="replace")
    except OSError:
        return False


def _kinds(machine: Mapping) -> frozenset[str]:
    if machine["device"] == "cuda":
        return frozenset({CARD})
    return frozenset({AMX}) if machine["amx_bf16"] else frozenset()


def _has_figures(each: object) -> bool:
    return isinstance(each, Mapping) and "failed" not in each


def _of_engines(measured: Mapping[str, Mapping[int, Mapping]]) -> Iterator[Ratio]:
    for chats, own in measured.get(OURS, {}).items():
        for name in [name for name in measured if name != OURS and chats in measured[name]]:
            yield from _beside(own, measured[name][chats], chats, name)
        yield Ratio(SLOWEST, chats, "", own["slowest_over_median"], why=_why({OURS: own}))


def _of_card(card: Mapping) -> Iterator[Ratio]:
    if not card["measured"]:
        return
    ours = {each["chats"]: each for each in card.get("trials", ()) if _has_figures(each)}
    theirs = {each["chats"]: each for each in card.get("generate", ()) if _has_figures(each)}
    for chats, own in ours.items():
        if chats in theirs:
            yield from _beside(own, theirs[chats], chats, "generate")
        if "bound" in own:
            yield Ratio(STEP, chats, "", own["bound"]["share"])
        yield Ratio(FIRST_MS, chats, "", own["first_ms"]["p50"])
        yield Ratio(SLOWEST, chats, "", own["slowest_over_median"])
    reply = card.get("reply", {})
    for part in [part for part in ("first segment", "whole") if _has_figures(reply) and part in reply]:
        for rank, value in reply[part].items():
            yield Ratio(REPLY.format(part=part, rank=rank), 1, "", value, why=_why({"/v1/reply": reply}))


def _beside(own: Mapping, theirs: Mapping, chats: int, name: str) -> Iterator[Ratio]:
    why = _why({OURS: own, name: theirs})
    pairs = (
        (TOKENS, own["tokens_per_s"], theirs["tokens_per_s"]),
        (FIRST, own["first_ms"]["p95"], theirs["first_ms"]["p95"]),
    )
    for figure, ours, other in pairs:
        if other:
            yield Ratio(figure, chats, name, round(ours / other, 3), why=why)


def _why(given: Mapping[str, Mapping]) -> str:
    failed = {name: each.get("failed_answers", 0) for name, each in given.items()}
    return ", ".join(f"{count} answers of {name} failed" for name, count in failed.items() if count)


def _held(rows: Iterator[Ratio], bars: tuple[Bar, ...], kinds: frozenset[str]) -> Iterator[Ratio]:
    by_place = {(bar.figure, bar.chats, bar.against): bar for bar in bars}
    for row in rows:
        bar = by_place.get((row.figure, row.chats, row.against))
        if bar is None:
            yield row
            continue
        held = {
            "bar": bar.words,
            "machine": bar.machine,
            "speaks_of_this_machine": bar.machine in kinds,
            "holds": None if row.why else bar.holds(row.value),
        }
        yield Ratio(**(asdict(row) | held))
