"""The result of a run as a person reads it. Knows the result's JSON, measures nothing."""

from collections.abc import Iterator, Mapping

from rich.console import Console
from rich.table import Table

FIGURES = (
    "first p50 ms",
    "p95",
    "p99",
    "per token p50 ms",
    "p95",
    "p99",
    "tokens/s",
    "slowest/median",
    "failed",
    "MB",
)
BOUNDS = ("rows", "step ms", "MB moved", "takes ms", "Gop", "takes ms", "bound by", "share")
RATIOS = ("ours over theirs", "chats", "against", "is", "bar", "holds", "bar of")
REPLY = ("/v1/reply, one chat", "p50 ms", "p95", "p99")
STARVED = " starved"
_WORDS = frozenset({"engine", "bound by", "against", "bar", "holds", "bar of", RATIOS[0], REPLY[0]})


def show(result: Mapping, console: Console) -> None:
    """`result` as `run.run` gives it."""
    machine = result["machine"]
    threads = f"{machine['threads']} threads, ours {machine['own_threads']}"
    title = f"{result['model']}, {threads}, {result['turns']} turns a chat"
    table = _table(title, ("engine", "chats", *FIGURES))
    for engine, own in result["engines"].items():
        if "absent" in own:
            table.add_row(engine, "", own["absent"])
        for chats, each in own.items():
            if isinstance(each, dict):
                table.add_row(engine, chats, *_cells(each))
    console.print(table)
    for each in _failures(result["engines"]):
        console.print(each, highlight=False, soft_wrap=True)
    _show_ratios("Ours over its peers", result["ratios"]["engines"], console)
    bounds = result["bounds"]
    if "absent" in bounds:
        console.print(f"what bounds a step: {bounds['absent']}")
    if "failed" in bounds:
        console.print(f"what bounds a step: failed, {bounds['failed']}", soft_wrap=True)
    if "steps" in bounds:
        _show_bounds(bounds["machine"], bounds["steps"], console)
    _show_card(result["card"], console)
    _show_ratios("Random weights of an 8B configuration", result["ratios"]["card"], console)


def _failures(engines: Mapping) -> Iterator[str]:
    for engine, own in engines.items():
        for chats, each in own.items():
            if isinstance(each, Mapping) and each.get("failed_answers"):
                reasons = ", ".join(f"{count} {why}" for why, count in each["why_failed"].items())
                yield f"{engine}, {chats} chats: {each['failed_answers']} answers failed: {reasons}"


def _show_ratios(title: str, rows: list[Mapping], console: Console) -> None:
    if not rows:
        return
    table = _table(title, RATIOS)
    for row in rows:
        holds = {True: "yes", False: "no", None: row["why"]}[row["holds"]]
        here = "this machine" if row["speaks_of_this_machine"] else row["machine"]
        cells = (row["figure"], str(row["chats"]), row["against"], f"{row['value']:.2f}", row["bar"], holds)
        table.add_row(*cells, here and f"{here}{'' if row['speaks_of_this_machine'] else ', not here'}")
    console.print(table)


def _show_bounds(machine: Mapping, steps: list[Mapping], console: Console) -> None:
    table = _table("What bounds a step, and the share of it that the larger bound explains", BOUNDS)
    for step in steps:
        table.add_row(
            str(step["rows"]),
            f"{step['step_ms']:.2f}",
            f"{step['moved_mb']:.0f}",
            f"{step['bytes_ms']:.2f}",
            f"{step['operations_g']:.1f}",
            f"{step['operations_ms']:.2f}",
            step["bound_by"],
            f"{step['share']:.0%}",
        )
    console.print(table)
    console.print(
        f"measured in this run: {machine['bandwidth_gb_s']} GB/s, {machine['exact_gop_s']} Gop/s in "
        f"{machine['numbers']}, {machine['whole_gop_s']} Gop/s in whole numbers of eight bits",
        highlight=False,
        soft_wrap=True,
    )


def _show_card(card: Mapping, console: Console) -> None:
    if not card["measured"]:
        console.print(f"random weights of an 8B configuration: not measured, {card['why']}")
        return
    if "failed" in card:
        console.print(f"random weights of an 8B configuration: failed, {card['failed']}", soft_wrap=True)
    table = _table(
        "Random weights of an 8B configuration, on the card", ("engine", "chats", *FIGURES, "card MB")
    )
    for name, trials in (("ours", card.get("trials", ())), ("generate", card.get("generate", ()))):
        for trial in trials:
            on_card = f"{trial.get('card_memory_mb', 0.0):.0f}"
            table.add_row(
                name, str(trial["chats"]), *_cells(trial), *([] if "failed" in trial else [on_card])
            )
    for chats in card["left_out"]:
        table.add_row("ours", str(chats), "no memory")
    console.print(table)
    steps = [trial["bound"] for trial in card.get("trials", ()) if "bound" in trial]
    if steps:
        _show_bounds(card["machine"], steps, console)
    _show_reply(card.get("reply", {"failed": "not reached"}), console)


def _show_reply(reply: Mapping, console: Console) -> None:
    if "failed" in reply:
        console.print(f"/v1/reply with random weights: failed, {reply['failed']}", soft_wrap=True)
        return
    table = _table(f"{reply['replies']} replies, {reply['failed_answers']} failed", REPLY)
    for part in ("first segment", "whole"):
        table.add_row(part, *(f"{reply[part][rank]:.1f}" for rank in ("p50", "p95", "p99")))
    console.print(table)
    console.print(
        f"{reply['memory_mb']:.0f} MB, on the card {reply['card_memory_mb']:.0f} MB", highlight=False
    )


def _cells(each: Mapping) -> list[str]:
    if "failed" in each:
        return [each["failed"]]
    first, per_token = each["first_ms"], each["per_token_ms"]
    values = [ranks[rank] for ranks in (first, per_token) for rank in ("p50", "p95", "p99")]
    return [
        *(f"{value:.1f}" for value in (*values, each["tokens_per_s"])),
        f"{each['slowest_over_median']}{'' if each['none_starved'] else STARVED}",
        str(each["failed_answers"]),
        f"{each['memory_mb']:.0f}",
    ]


def _table(title: str, columns: tuple[str, ...]) -> Table:
    table = Table(title=title)
    for name in columns:
        table.add_column(name, justify="left" if name in _WORDS else "right")
    return table
