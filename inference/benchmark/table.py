"""The result of a run as a person reads it. Knows the result's JSON, measures nothing."""

from collections.abc import Mapping

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
    "MB",
)
BOUNDS = ("rows", "step ms", "MB moved", "takes ms", "Gop", "takes ms", "bound by", "share")
STARVED = " starved"


def show(result: Mapping, console: Console) -> None:
    """`result` as `run.run` gives it."""
    title = f"{result['model']}, {result['machine']['threads']} threads, {result['turns']} turns a chat"
    table = _table(title, ("engine", "chats", *FIGURES))
    for engine, own in result["engines"].items():
        if "absent" in own:
            table.add_row(engine, "", own["absent"])
        for chats, each in own.items():
            if isinstance(each, dict):
                table.add_row(engine, chats, *_cells(each))
    console.print(table)
    bounds = result["bounds"]
    if "absent" in bounds:
        console.print(f"what bounds a step: {bounds['absent']}")
    else:
        _show_bounds(bounds["machine"], bounds["steps"], console)
    _show_card(result["card"], console)


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
    table = _table("Random weights of an 8B configuration, on the card", ("chats", *FIGURES))
    for trial in card["trials"]:
        table.add_row(str(trial["chats"]), *_cells(trial))
    for chats in card["left_out"]:
        table.add_row(str(chats), "no memory")
    console.print(table)
    steps = [trial["bound"] for trial in card["trials"] if "bound" in trial]
    _show_bounds(card["machine"], steps, console)


def _cells(each: Mapping) -> list[str]:
    if "failed" in each:
        return [each["failed"]]
    first, per_token = each["first_ms"], each["per_token_ms"]
    values = [ranks[rank] for ranks in (first, per_token) for rank in ("p50", "p95", "p99")]
    return [
        *(f"{value:.1f}" for value in (*values, each["tokens_per_s"])),
        f"{each['slowest_over_median']}{'' if each['none_starved'] else STARVED}",
        f"{each['memory_mb']:.0f}",
    ]


def _table(title: str, columns: tuple[str, ...]) -> Table:
    table = Table(title=title)
    for name in columns:
        table.add_column(name, justify="left" if name in ("engine", "bound by") else "right")
    return table
