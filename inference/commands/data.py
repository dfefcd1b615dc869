"""Assemble what an adapter learns from: dialogues, checked and put into the form that the product asks in."""

import argparse
import json
from pathlib import Path

from inference.data.examples import Example, one_by_one, words_learned
from inference.data.reading import DIALOGUES, read_dialogues, split
from inference.data.unsafe import UNSAFE, read_unsafe

NAME = "data"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    what = parser.add_subparsers(dest="what", required=True)
    build = what.add_parser(
        "build", help="examples of a recipe, as JSON Lines, with what each share amounts to"
    )
    build.add_argument(
        "recipe", help="a recipe's file, or the name of a shipped one (client, companion, dual)"
    )
    build.add_argument(
        "--out", type=Path, default=None, help="folder for kept.jsonl, aside.jsonl and summary.json"
    )
    build.add_argument("--dialogues", type=Path, default=None, help="folder of dialogues (the shipped ones)")
    build.add_argument(
        "--tokens", action="store_true", help="count the base model's tokens too (needs the model)"
    )


def run(arguments: argparse.Namespace) -> int:
    from inference.training.adapters.building import built, counted, persona_shares  # noqa: PLC0415 - torch below it
    from inference.training.adapters.recipe import read_recipe, recipe_file  # noqa: PLC0415 - as above

    recipe = read_recipe(recipe_file(arguments.recipe))
    kept, aside = split(read_dialogues(arguments.dialogues or DIALOGUES).dialogues)
    parts = {"kept": built(kept, recipe), "aside": built(aside, recipe)}
    summary: dict[str, object] = {
        name: {
            "examples": len(examples),
            "replies": sum(len(each.learned) for each in examples),
            "words": sum(map(words_learned, examples)),
        }
        for name, examples in parts.items()
    }
    summary["unsafe_pairs"] = len(read_unsafe(UNSAFE)[0])
    summary["shares"] = persona_shares(parts["kept"], recipe)
    if arguments.tokens:
        summary["tokens"] = {
            "whole_dialogues": counted(parts["kept"], recipe),
            "one_by_one": counted([part for each in parts["kept"] for part in one_by_one(each)], recipe),
        }
    if arguments.out is not None:
        _write(arguments.out, parts, summary)
    print(json.dumps(summary, indent=1))
    return 0


def _write(folder: Path, parts: dict[str, list[Example]], summary: dict[str, object]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, examples in parts.items():
        lines = (json.dumps(_row(each), ensure_ascii=False) for each in examples)
        (folder / f"{name}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "summary.json").write_text(json.dumps(summary, indent=1) + "\n", encoding="utf-8")


def _row(example: Example) -> dict[str, object]:
    return {
        "id": example.id,
        "persona": str(example.persona),
        "is_edge": example.is_edge,
        "messages": [{"role": str(each.role), "content": each.text} for each in example.messages],
        "learned": list(example.learned),
        "labels": list(example.labels),
    }
