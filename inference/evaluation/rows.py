"""Labelled rows from JSON Lines files, and predictions back into them. Knows no suite."""

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from inference.contracts import Message, Role, Speaker
from inference.evaluation.errors import EvaluationError
from inference.safety.detectors.given import Given

Row = Mapping[str, Any]
Prediction = Mapping[str, Any]

HELPERS = frozenset({"therapist", "counselor", "counsellor", "supporter", "helper", "companion", "assistant"})
"""Names that rows give to the side that helps; anybody else is the person who came for help."""
_OWN_ROLE_IS_USER = (Speaker.THERAPIST, Speaker.SEEKER)


def read_rows(path: Path) -> list[Row]:
    """Every object of the file. Raises EvaluationError naming the line."""
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise EvaluationError(f"{path}: cannot be read ({type(error).__name__})") from error
    rows = [_row(line, f"{path.name}, line {n}") for n, line in enumerate(lines, 1) if line.strip()]
    if not rows:
        raise EvaluationError(f"{path.name}: holds no rows")
    return rows


def _row(line: str, where: str) -> Row:
    try:
        row = json.loads(line)
    except ValueError:
        raise EvaluationError(f"{where}: not JSON") from None
    if not isinstance(row, dict):
        raise EvaluationError(f"{where}: not an object")
    return row


def sha256_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def write_predictions(path: Path, rows: Sequence[Row], predictions: Sequence[Prediction]) -> None:
    """Each row with its `prediction`; the file is there whole or not at all."""
    unfinished = path.with_name(f"{path.name}.unfinished")
    try:
        with unfinished.open("w", encoding="utf-8") as out:
            for row, prediction in zip(rows, predictions, strict=True):
                out.write(json.dumps({**row, "prediction": prediction}) + "\n")
        os.replace(unfinished, path)
    except OSError as error:
        raise EvaluationError(f"{path}: cannot be written ({type(error).__name__})") from error


def text_of(row: Row, field: str = "text") -> str:
    """Raises EvaluationError where the row has no such text."""
    value = row.get(field)
    if not isinstance(value, str):
        raise EvaluationError(f"a row has no {field!r} text")
    return value


def message(row: Row, speaker: Speaker) -> Given:
    """The row's `text` as said by `speaker` after its `history`, if it has one: [{speaker, text}], oldest first."""
    return Given(text_of(row), speaker, _history(row.get("history") or (), speaker))


def said_by(speaker: Speaker, *, own: bool) -> str:
    """The role of the writer's own messages, or of the other side's."""
    return Role.USER if own is (speaker in _OWN_ROLE_IS_USER) else Role.ASSISTANT


def _history(turns: Sequence[Row], speaker: Speaker) -> tuple[Message, ...]:
    helps = speaker in (Speaker.THERAPIST, Speaker.COMPANION)
    if not all(isinstance(turn, dict) for turn in turns):
        raise EvaluationError("a row's history is not a list of {speaker, text}")
    return tuple(
        Message(said_by(speaker, own=(turn.get("speaker") in HELPERS) is helps), text_of(turn))
        for turn in turns
    )
