"""The card of the reader of personas: what it was trained on, how, its figures with intervals, where it fails.

`card.json` is for programs and tests, `card.md` the same for people; what training cannot know stands in `notes.toml`.
"""

import hashlib
import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from inference.data.lines import DataFile
from inference.data.personas import LABELS, NONE, Wanted
from inference.evaluation.figures import Figure
from inference.evaluation.suites import load
from inference.insight.persona.features import KINDS_FILE, VERSION
from inference.insight.persona.reader import WEIGHTS_FILE, Weights, read_persona
from inference.training.composition import table
from inference.training.corpora import OWN_LICENCE
from inference.training.persona import THRESHOLDS, Recipe, top

CARD_FILE, PAGE_FILE, NOTES_FILE = "card.json", "card.md", "notes.toml"
NOTED = ("measured", "thresholds", "failures")
"""What notes hold, each a list of sentences."""
Chances = Sequence[Mapping[str, float]]


def write_card(
    folder: Path,
    weights: Weights,
    *,
    files: Sequence[DataFile],
    kept: Sequence[Wanted],
    chances: Chances,
    aside: Sequence[Wanted],
) -> dict[str, object]:
    """Write card.json and card.md beside the weights. `chances`: of the kept rows, out of fold."""
    notes_file = folder / NOTES_FILE
    notes = tomllib.loads(notes_file.read_text(encoding="utf-8")) if notes_file.is_file() else {}
    card: dict[str, object] = {
        "name": "persona",
        "version": weights.version,
        "weights_sha256": hashlib.sha256((folder / WEIGHTS_FILE).read_bytes()).hexdigest(),
        "features": {"version": VERSION, "kinds_sha256": hashlib.sha256(KINDS_FILE.read_bytes()).hexdigest()},
        "labels": list(LABELS),
        "threshold": weights.threshold,
        "recipe": asdict(Recipe()),
        "training_files": [asdict(file) | {"licence": OWN_LICENCE} for file in files],
        "rows": {"trained_on": len(kept), "kept_aside": len(aside)},
        "out_of_fold": _shown(figures_of(kept, _from_chances(chances, weights.threshold))),
        "by_threshold": by_threshold(kept, chances),
        "held_out": _shown(figures_of(aside, [_read(row, weights) for row in aside])),
    }
    card |= {name: notes[name] for name in NOTED if name in notes}
    (folder / CARD_FILE).write_text(json.dumps(card, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    (folder / PAGE_FILE).write_text(_page(card), encoding="utf-8")
    return card


def figures_of(rows: Sequence[Wanted], predictions: Sequence[Mapping[str, object]]) -> list[Figure]:
    """As the suite counts them."""
    given = [{"persona": row.persona, "hard": row.is_hard, "crisis": row.is_crisis} for row in rows]
    return load("persona").figures(given, predictions)


def by_threshold(rows: Sequence[Wanted], chances: Chances) -> list[dict[str, float]]:
    """What each threshold would answer of the rows that want a persona, how rightly, and of those that want none."""
    result = []
    for threshold in THRESHOLDS:
        said = [(row.persona, *top(each)) for row, each in zip(rows, chances, strict=True)]
        answered = [(wanted, label) for wanted, label, chance in said if chance >= threshold]
        own = [wanted == label for wanted, label in answered if wanted != NONE]
        wants = sum(wanted != NONE for wanted, _, _ in said)
        result.append(
            {
                "threshold": threshold,
                "answered": round(len(own) / max(wants, 1), 3),
                "right": round(sum(own) / max(len(own), 1), 3),
                "right, rows of none too": round(sum(own) / max(len(answered), 1), 3),
                "none answered": round((len(answered) - len(own)) / max(len(said) - wants, 1), 3),
            }
        )
    return result


def _from_chances(chances: Chances, threshold: float) -> list[dict[str, object]]:
    said = [top(each) for each in chances]
    return [{"label": label, "confidence": chance, "abstained": chance < threshold} for label, chance in said]


def _read(row: Wanted, weights: Weights) -> dict[str, object]:
    reading = read_persona([row.text], weights=weights)
    return {"label": reading.likeliest, "confidence": reading.confidence, "abstained": reading.abstained}


def _shown(figures: Sequence[Figure]) -> list[dict[str, object]]:
    return [asdict(figure) for figure in figures]


def _page(card: Mapping[str, object]) -> str:
    files: list[dict[str, object]] = card["training_files"]  # type: ignore[assignment]
    rows: Mapping[str, int] = card["rows"]  # type: ignore[assignment]
    by: list[dict[str, float]] = card["by_threshold"]  # type: ignore[assignment]
    parts = [
        f"# {card['version']}",
        "Reads which persona a caller of the API wants from their words: "
        f"{', '.join(map(str, card['labels']))}. It abstains "  # type: ignore[call-overload]
        f"under a probability of {card['threshold']}, and then the companion answers. Logistic regression on words, "
        "kinds of words and how they stand; pure Python, no torch. Weights sha256 "
        f"`{card['weights_sha256']}`. Decides whose manner answers, never what is safe.",
        f"## Trained on\n\n{rows['trained_on']} rows; {rows['kept_aside']} kept aside by id.",
        table(
            ("file", "rows", "licence", "sha256"),
            [(f["path"], f["rows"], f["licence"], f"`{str(f['sha256'])[:16]}…`") for f in files],
        ),
        "## Out of fold: five folds of the rows trained on, each read by weights that did not see it",
        _figures(card["out_of_fold"]),  # type: ignore[arg-type]
        "## On rows kept aside from training",
        _figures(card["held_out"]),  # type: ignore[arg-type]
        "## By threshold, out of fold",
        table(list(by[0]), [list(each.values()) for each in by]),
    ]
    titles = {"measured": "Measured elsewhere", "thresholds": "Threshold", "failures": "Known failures"}
    for key, title in titles.items():
        entries = card.get(key)
        if isinstance(entries, list) and entries:
            parts += [f"## {title}", "\n".join(f"- {entry}" for entry in entries)]
    return "\n\n".join(parts) + "\n"


def _figures(figures: Sequence[Mapping[str, object]]) -> str:
    rows = [
        (f["name"], f["n"], f["value"], f"{f['low']} to {f['high']}")
        for f in figures
        if f["value"] is not None
    ]
    return table(("figure", "rows", "value", "95 %"), rows)
