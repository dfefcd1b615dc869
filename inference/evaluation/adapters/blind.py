"""Reading blind: replies of several systems mixed, without their names, to be rated by people; then who got what.

`forms` are for readers: what was heard and said, the reply, and what is asked of it. The key says whose reply it was
and stays with whoever set it up. A rating is {"form", "rater", "act", "scores": {dimension: 1 to 5}}; `act` is what the
reader takes the reply to be doing, chosen before the plan is shown to anybody. Knows no model.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import fmean

import numpy as np

from inference.contracts import Person
from inference.evaluation.adapters.rubrics import HIGHEST, LOWEST, rated
from inference.evaluation.errors import EvaluationError
from inference.evaluation.figures import Figure, figure, rate, share
from inference.evaluation.rows import Row
from inference.vocabulary import acts, plans


@dataclass(frozen=True)
class Key:
    """Of one form: whose reply it is, where it stood, and what was planned."""

    form: str
    system: str
    context: str
    planned: str

    def to_json(self) -> dict[str, str]:
        return {"form": self.form, "system": self.system, "context": self.context, "planned": self.planned}


def forms(
    replies: Mapping[str, Sequence[Row]], *, most: int, seed: str
) -> tuple[list[dict[str, object]], list[Key]]:
    """At most `most` forms of each system, in an order that tells nothing; replies to one context of every system are
    all in or all out. `replies`: rows of `measuring.write_replies` by the system's name."""
    by_system = {name: {str(row["id"]): row for row in rows} for name, rows in replies.items()}
    shared = set.intersection(*(set(rows) for rows in by_system.values()))
    if not shared:
        raise EvaluationError("the systems have no context in common")
    chosen = sorted(shared, key=lambda context: _hash(seed, context))[:most]
    made = [(name, by_system[name][context]) for context in chosen for name in by_system]
    made.sort(key=lambda pair: _hash(seed, pair[0], str(pair[1]["id"])))
    keys = [
        Key(_hash(seed, "form", name, str(row["id"]))[:10], name, str(row["id"]), str(row["label"]))
        for name, row in made
    ]
    return [_form(key, row) for key, (_, row) in zip(keys, made, strict=True)], keys


def _form(key: Key, row: Row) -> dict[str, object]:
    person = Person(row["person"])
    labels = plans() if person is Person.COMPANION else acts()
    return {
        "form": key.form,
        "who": row["who"],
        "talk": row["talk"],
        "reply": row["reply"],
        "ask": {
            "act": sorted(labels),
            "scores": {
                each.id: {"question": each.question, "1": each.low, "3": each.middle, "5": each.high}
                for each in rated(person)
            },
        },
        "rating": {"form": key.form, "rater": "", "act": "", "scores": {}},
    }


def results(keys: Sequence[Key], ratings: Sequence[Row]) -> dict[str, list[Figure]]:
    """By system: how often the act read is the one planned, and of its family; the mean of every score. Intervals
    draw whole contexts. Raises EvaluationError where a rating fits no form or is out of range."""
    by_form = {key.form: key for key in keys}
    checked = [_checked(rating, by_form) for rating in ratings]
    found: dict[str, list[Figure]] = {}
    for system in sorted({key.system for key in keys}):
        own = [(by_form[str(each["form"])], each) for each in checked]
        own = [(key, each) for key, each in own if key.system == system]
        found[system] = _figures(own)
    return found


def _figures(own: Sequence[tuple[Key, Row]]) -> list[Figure]:
    named = [(key, str(each["act"])) for key, each in own if each["act"]]
    units: list[object] = [key.context for key, _ in named]
    figures = [
        rate("read as planned", [key.planned == act for key, act in named], units=units),
        rate(
            "read as of its family", [_family(key.planned) == _family(act) for key, act in named], units=units
        ),
    ]
    for dimension in sorted({name for _, each in own for name in each["scores"]}):
        scored = [
            (key.context, each["scores"][dimension]) for key, each in own if dimension in each["scores"]
        ]
        counts = np.array([[score, 1.0] for _, score in scored])
        figures.append(figure(dimension, counts, share, units=[context for context, _ in scored]))
    return figures


def agreement(ratings: Sequence[Row]) -> dict[str, float | None]:
    """Mean over pairs of raters: Cohen's kappa of the act, quadratic weighted kappa of each score; None where no pair
    rated enough in common. Raw agreement would flatter a scale whose middle everybody takes."""
    by_rater: dict[str, dict[str, Row]] = {}
    for each in ratings:
        by_rater.setdefault(str(each["rater"]), {})[str(each["form"])] = each
    names = ["act", *sorted({name for each in ratings for name in each["scores"]})]
    return {name: _mean(_pairs(by_rater, name)) for name in names}


def _pairs(by_rater: Mapping[str, Mapping[str, Row]], name: str) -> Iterable[float | None]:
    for first, second in combinations(sorted(by_rater), 2):
        both = sorted(set(by_rater[first]) & set(by_rater[second]))
        pairs = [
            (_answer(by_rater[first][form], name), _answer(by_rater[second][form], name)) for form in both
        ]
        whole = [(one, other) for one, other in pairs if one not in (None, "") and other not in (None, "")]
        yield kappa(whole, weighted=name != "act")


def kappa(pairs: Sequence[tuple[object, object]], *, weighted: bool) -> float | None:
    """Cohen's kappa (1960), or with quadratic weights (1968) over whole numbers; None for under two pairs, or where
    chance alone agrees always."""
    if len(pairs) < 2:
        return None
    cells = sorted({value for pair in pairs for value in pair}, key=str)
    if weighted:
        cells = list(range(LOWEST, HIGHEST + 1))
    at = {value: place for place, value in enumerate(cells)}
    table = np.zeros((len(cells), len(cells)))
    for one, other in pairs:
        table[at[one], at[other]] += 1 / len(pairs)
    places = np.arange(len(cells))
    apart = (places[:, None] - places[None, :]) ** 2 if weighted else (places[:, None] != places[None, :])
    by_chance = float((apart * np.outer(table.sum(1), table.sum(0))).sum())
    return round(1 - float((apart * table).sum()) / by_chance, 4) if by_chance else None


def _answer(rating: Row, name: str) -> object:
    return rating["act"] if name == "act" else rating["scores"].get(name)


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return round(fmean(known), 4) if known else None


def _family(label: str) -> str:
    return acts()[label].talk if label in acts() else label


def _checked(rating: Row, by_form: Mapping[str, Key]) -> Row:
    scores = rating.get("scores")
    if str(rating.get("form")) not in by_form or not rating.get("rater") or not isinstance(scores, dict):
        raise EvaluationError("a rating names no form or no rater")
    if not all(isinstance(score, int) and LOWEST <= score <= HIGHEST for score in scores.values()):
        raise EvaluationError(f"a score is a whole number from {LOWEST} to {HIGHEST}")
    return {**rating, "act": rating.get("act") or ""}


def _hash(*words: str) -> str:
    return hashlib.sha256("\0".join(words).encode()).hexdigest()
