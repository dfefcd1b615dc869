"""Counts what is written for training, by file and by label, for the datasheet. Knows no model and no torch."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

WRITTEN = Path(__file__).parent.parent / "data" / "written"
DATASHEET = WRITTEN / "DATASHEET.md"
FIRST_MARK, LAST_MARK = "<!-- counts -->\n", "<!-- end of counts -->"
"""Between them the datasheet holds what `counts` says."""
LABELS: Mapping[str, tuple[str, ...]] = {
    "crisis": ("kind", "severity", "timeline", "protective", "frame"),
    "harm": ("hateful", "biased", "kinds", "level", "frame"),
    "talk": ("quality", "talk", "codes", "form"),
    "empathy": ("emotional_reactions", "interpretations", "explorations", "strategy"),
    "technique": ("technique",),
    "pii": ("marks",),
}


def counts(written: Path = WRITTEN) -> str:
    """Two tables in Markdown: rows by file, and rows by label of every suite."""
    files = sorted(written.glob("*/*.jsonl"))
    rows = {path: [json.loads(line) for line in _lines(path)] for path in files}
    by_file = [(f"{path.parent.name}/{path.name}", *_size(rows[path])) for path in files]
    total = ("all", *(sum(column) for column in zip(*(row[1:] for row in by_file), strict=True)))
    titles = ("file", "rows", "turns", "with history", "in near-miss pairs", "words")
    by_label = []
    for suite, fields in LABELS.items():
        own = [row for path in files if path.parent.name == suite for row in rows[path]]
        by_label += [(suite, field, _spread(own, field)) for field in fields]
    return (
        f"{table(titles, [*by_file, total])}\n\n{table(('suite', 'label', 'rows that have it'), by_label)}\n"
    )


def described(page: str, written: Path = WRITTEN) -> str:
    """The datasheet with its counts as they are. Raises ValueError where the marks are not in it."""
    before, _, rest = page.partition(FIRST_MARK)
    _, found, after = rest.partition(LAST_MARK)
    if not found:
        raise ValueError("the datasheet has no marks to put its counts between")
    return f"{before}{FIRST_MARK}{counts(written)}{LAST_MARK}{after}"


def table(titles: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    lines = [" | ".join(map(str, row)) for row in (titles, ["---"] * len(titles), *rows)]
    return "\n".join(f"| {line} |" for line in lines)


def _lines(path: Path) -> list[str]:
    return [line for line in path.read_text(encoding="utf-8").split("\n") if line.strip()]


def _size(rows: Sequence[Mapping]) -> tuple[int, int, int, int, int]:
    turns = sum(len(row.get("turns", ())) for row in rows)
    words = sum(len(text.split()) for row in rows for text in _texts(row))
    return (
        len(rows),
        turns,
        sum("history" in row for row in rows),
        sum("pair" in row for row in rows),
        words,
    )


def _texts(row: Mapping) -> Iterator[str]:
    """What was written to be read and labelled, and what it answers."""
    yield from (turn["text"] for turn in row.get("turns", ()))
    yield from (said["text"] for said in row.get("history", ()))
    yield from (row[field] for field in ("said", "seeker", "response", "text") if field in row)


def _spread(rows: Sequence[Mapping], field: str) -> str:
    found: Counter[str] = Counter()
    for row in rows:
        found.update(_values(row, field))
    return ", ".join(
        f"{label} {times}" for label, times in sorted(found.items(), key=lambda each: (-each[1], each[0]))
    )


def _values(row: Mapping, field: str) -> list[str]:
    if field == "marks":
        return [mark.partition(":")[0] for mark in row["text"].split("[[")[1:]]
    values = [turn[field] for turn in row["turns"] if field in turn] if field in _OF_TURNS else [row[field]]
    flat = [each for value in values for each in (value if isinstance(value, list) else [value])]
    return [str(each).lower() if isinstance(each, bool) else str(each) for each in flat if each != ""]


_OF_TURNS = ("talk", "codes", "form")
