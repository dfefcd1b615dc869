"""Reads in a reply's words which act, or plan, it most looks like: a ridge regression on the written dialogues.

Fitted in seconds from the replies that are not held out, in one solved equation, so that the same dialogues give the
same reader; as they were first written, so that one reworded since (`data/edits.py`) moves no figure. Knows words and
word pairs, not meaning and not what was heard: a model that borrows an act's phrases passes for it. How often it
is right on the author's held-out replies stands beside every figure made with it.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from inference.contracts import Person
from inference.data.edits import first_written
from inference.data.split import held_out
from inference.evaluation.adapters.contexts import DIALOGUES, contexts_of

VERSION = "act reader 1"
LEAST_TIMES = 8
"""Replies that a word or pair must be in to count."""
RIDGE = 2.0
SHORT_WORDS = 8
_TOKEN = re.compile(r"[a-z]+'?[a-z]*|[?.!,…]")


@dataclass(frozen=True)
class ActReader:
    labels: tuple[str, ...]
    places: Mapping[str, int]
    weights: NDArray[np.float64]
    """(words and pairs + 3, labels)."""

    def ranked(self, text: str) -> list[str]:
        """The labels, the likeliest first."""
        scores = _features([text], self.places)[0] @ self.weights
        return [self.labels[at] for at in np.argsort(-scores, kind="stable")]


@cache
def reader_of(person: Person) -> ActReader:
    """Fitted on every reply of this person that may be trained on, as first written."""
    names = sorted(f"{person}/{file.name}" for file in (DIALOGUES / person).glob("*.jsonl"))
    rows = [json.loads(line) for name in names for line in first_written(name).splitlines() if line.strip()]
    own = [each for row in rows if not held_out(str(row["id"])) for each in contexts_of(row, person)]
    return fitted([each.written for each in own], [each.label for each in own])


def fitted(texts: Sequence[str], labels: Sequence[str], *, least_times: int = LEAST_TIMES) -> ActReader:
    times = Counter(token for text in texts for token in set(_tokens(text)))
    kept = sorted(token for token, count in times.items() if count >= least_times)
    places = {token: at for at, token in enumerate(kept)}
    names = tuple(sorted(set(labels)))
    wanted = np.array([[label == name for name in names] for label in labels], dtype=np.float64)
    given = _features(texts, places)
    inner = given.T @ given + RIDGE * np.eye(given.shape[1])
    return ActReader(names, places, np.linalg.solve(inner, given.T @ wanted))


def _features(texts: Sequence[str], places: Mapping[str, int]) -> NDArray[np.float64]:
    """Words and pairs that occur, of length 1 together; the length, whether it is short, and a constant."""
    rows = np.zeros((len(texts), len(places) + 3))
    for row, text in zip(rows, texts, strict=True):
        found = {places[token] for token in _tokens(text) if token in places}
        row[list(found)] = 1 / np.sqrt(max(1, len(found)))
        count = len(text.split())
        row[-3:] = min(count, 40) / 20, count <= SHORT_WORDS, 1.0
    return rows


def _tokens(text: str) -> Iterator[str]:
    words = _TOKEN.findall(text.lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'"))
    yield from words
    yield from (f"{first} {second}" for first, second in zip(["^", *words], words, strict=False))
