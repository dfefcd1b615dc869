"""The card beside an adapter's weights: what it was trained on, how, how good it is on rows kept aside, where it fails.

`card.json` is for programs and tests, `card.md` the same for people. What training cannot know (known failures, figures
on public sets, how a threshold was chosen) is written by hand in `notes.toml` beside it and taken into both.
"""

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from inference.data.edits import REWORDED, reworded_since, told
from inference.encoder.heads import ADAPTERS, Answer
from inference.encoder.reader import CARD_FILE
from inference.training.corpora import SourceFile
from inference.training.heads import Recipe
from inference.training.held import HeldFigure

NOTES_FILE = "notes.toml"
NOTED = ("measured", "thresholds", "failures")
"""What notes hold, each a list of sentences."""
TALKS = "dialogues/"
"""What the path of a written dialogue's file begins with, in a card."""
EVALUATION_ONLY: Mapping[str, str] = {
    "crisis_silver": "1042ab792b975d2fb3d84e85ba9d1c431f4e857be620066ed06c2be72f5045c0",
    "therapist_behaviour": "05b1fa6bbd82471e88ccf641cbeb4fc0e31f2ecd11dc8c5bf76f0155fc5739df",
    "client_talk": "b5c09dc0cb632115fd1735de81abdbd2db9159e8dac918f1e598739bc8f324e5",
    "mi_dialogues": "4dc8cb913da8bcbe2f3163720ad08c536a6c8554a9cd184813ad67205303e43d",
    "empathy": "6e93c263c1db3db232d9f67be5331f710b92432d898331824baa1394f1e904a6",
    "support_strategy": "f01bf95b706b5910476f6f5803ff32fcd31272fe1a6cef0060dd415ec00022c7",
}
"""Collections without a licence to train shipped weights, with the sha256 of the files that heads are measured on: no
card may have one among its training files."""


def write_card(
    folder: Path,
    adapter: str,
    *,
    weights_sha256: str,
    recipe: Recipe,
    files: Sequence[SourceFile],
    held: Sequence[HeldFigure],
    base_sha256: str,
) -> None:
    """Write card.json and card.md into `folder`; its `notes.toml`, where there is one, is taken in, but
    never in the place of what training says."""
    card: dict[str, object] = {
        "adapter": adapter,
        "version": f"{adapter} {weights_sha256[:8]}",
        "weights_sha256": weights_sha256,
        "base": {"name": "all-MiniLM-L6-v2", "sha256": base_sha256, "licence": "Apache-2.0"},
        "heads": [
            {"name": spec.name, "what": spec.what, "labels": list(spec.labels), "answer": str(spec.answer)}
            for spec in ADAPTERS[adapter]
        ],
        "recipe": asdict(recipe) | {"passes": dict(recipe.passes)},
        "training_files": [asdict(file) for file in files],
        "held_out": [asdict(figure) for figure in held],
    }
    _write(folder, card)


def refresh(folder: Path) -> None:
    """Take `notes.toml` into the card that training wrote, after the notes have changed, and how many turns of the
    dialogues were reworded since; the checksums stay those of what was learned from."""
    card = json.loads((folder / CARD_FILE).read_text(encoding="utf-8"))
    reworded = _reworded(card["training_files"])
    card = {name: entry for name, entry in card.items() if name not in (*NOTED, REWORDED)}
    _write(folder, card | ({REWORDED: reworded} if reworded else {}))


def _reworded(files: Sequence[Mapping[str, str]]) -> dict[str, int]:
    talks = [(file["path"], file["sha256"]) for file in files if file["path"].startswith(TALKS)]
    since = {path: reworded_since(path.removeprefix(TALKS), sha256) for path, sha256 in talks}
    return {path: edits for path, edits in since.items() if edits}


def _write(folder: Path, card: dict[str, object]) -> None:
    notes_file = folder / NOTES_FILE
    notes = tomllib.loads(notes_file.read_text(encoding="utf-8")) if notes_file.is_file() else {}
    card |= {name: entry for name, entry in notes.items() if name not in card}
    (folder / CARD_FILE).write_text(json.dumps(card, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    (folder / "card.md").write_text(_page(card), encoding="utf-8")


def _page(card: Mapping[str, object]) -> str:
    heads: list[dict[str, object]] = card["heads"]  # type: ignore[assignment]
    files: list[dict[str, object]] = card["training_files"]  # type: ignore[assignment]
    held: list[dict[str, object]] = card["held_out"]  # type: ignore[assignment]
    parts = [
        f"# {card['version']}",
        f"Low-rank weights and heads on all-MiniLM-L6-v2 (Apache-2.0). Weights sha256 `{card['weights_sha256']}`.",
        "## What it answers",
        _table(("head", "question", "labels"), [(h["name"], h["what"], _labels(h)) for h in heads]),
        "## Trained on",
        _table(
            ("file", "rows", "licence", "sha256"),
            [(f["path"], f["rows"], f["licence"], f"`{str(f['sha256'])[:16]}…`") for f in files],
        ),
        told(card.get(REWORDED, {})),  # type: ignore[arg-type]
        "## On rows kept aside from training",
        _table(
            ("head", "figure", "rows", "value", "95 %"),
            [(h["head"], h["figure"], h["rows"], h["value"], f"{h['low']} to {h['high']}") for h in held],
        ),
    ]
    for title, key in (
        ("Measured elsewhere", "measured"),
        ("Thresholds", "thresholds"),
        ("Known failures", "failures"),
    ):
        entries = card.get(key)
        if isinstance(entries, list) and entries:
            parts += [f"## {title}", "\n".join(f"- {entry}" for entry in entries)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _labels(head: Mapping[str, object]) -> str:
    labels: list[str] = head["labels"]  # type: ignore[assignment]
    joined = ", ".join(labels)
    return joined if head["answer"] != Answer.ANY else f"any of: {joined}"


def _table(titles: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    lines = ["| " + " | ".join(titles) + " |", "|" + "---|" * len(titles)]
    return "\n".join([*lines, *("| " + " | ".join(map(str, row)) + " |" for row in rows)])
