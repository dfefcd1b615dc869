"""From a speaker to its figures: the contexts, its replies, what is read in them, every suite, every regression case.

Knows no model. The same contexts, speaker and heads give the same figures but for the times.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from inference.assessing import Assessor
from inference.contracts import Person
from inference.evaluation.adapters import regression
from inference.evaluation.adapters.contexts import Context, sha256_of
from inference.evaluation.adapters.replies import (
    Material,
    Reply,
    Tell,
    read,
    spoken_replies,
    spoken_talk,
    written_replies,
)
from inference.evaluation.adapters.speaker import Scorer, Speaker
from inference.evaluation.adapters.suites import AdapterSuite, suites_for
from inference.models.gate import Figures


@dataclass(frozen=True)
class Asked:
    """What is asked of a speaker: `contexts` apart, `talks` one upon another, regression `cases`."""

    person: Person
    contexts: Sequence[Context]
    talks: Sequence[Sequence[Context]]
    cases: Sequence[Mapping[str, object]]


@dataclass(frozen=True)
class Told:
    """Called with what is being done, and how much of it is done."""

    tell: Callable[[str, int, int], None]

    def of(self, what: str) -> Tell:
        return lambda done, of: self.tell(what, done, of)


def measure(
    asked: Asked,
    speaker: Speaker,
    *,
    scorer: Scorer | None,
    assessor: Assessor,
    told: Told,
    adapter: str,
    about: Mapping[str, object],
    base: str,
    heads: Mapping[str, str],
) -> tuple[Figures, list[Reply]]:
    """The figures, and the replies to the contexts. `adapter` is its address, "" for the bare model; `base` is
    the sha256 of the model it is on; `heads` are the versions of what read."""
    replies = read(spoken_replies(asked.contexts, speaker, told.of("replies")), assessor)
    written = read(written_replies(asked.contexts, scorer), assessor)
    talks = []
    for talk in asked.talks:
        talks.append(read(spoken_talk(talk, speaker), assessor))
        told.tell("talks", len(talks), len(asked.talks))
    tried = [regression.context_of(row) for row in asked.cases]
    answers = read(spoken_replies(tried, speaker, told.of("regression cases")), assessor)
    suites = suites_for(asked.person)
    material = Material(asked.person, replies, written, talks)
    figures = Figures(
        name=asked.person,
        adapter=adapter,
        comparable=comparable(asked, suites, about, base, heads),
        measured=tuple(figure for suite in suites for figure in suite.measured(material)),
        cases=tuple(regression.judged(asked.cases, answers)),
        about=about,
    )
    return figures, replies


def comparable(
    asked: Asked,
    suites: Sequence[AdapterSuite],
    about: Mapping[str, object],
    base: str,
    heads: Mapping[str, str],
) -> dict[str, str]:
    """On what and by which rules was measured: figures that differ here are not compared by the gate."""
    return {
        "contexts": sha256_of(asked.contexts)[:16],
        "talks": sha256_of([each for talk in asked.talks for each in talk])[:16],
        "candidates": str(about.get("candidates", "")),
        "base": base,
        "number form": str(about.get("number form", "")),
        "suites": _short(sorted(f"{suite.NAME}: {suite.VERSION}" for suite in suites)),
        "heads": _short(sorted(heads.items())),
    }


def write_replies(replies: Sequence[Reply], path: Path) -> None:
    """One a line, with what it answers: what a reader rates, and what a figure can be checked against."""
    with path.open("w", encoding="utf-8") as out:
        for reply in replies:
            context = reply.context
            row = {
                "id": context.id,
                "person": context.person,
                "label": context.label,
                "talk": [{"heard": each.heard, "said": each.said} for each in context.talk],
                "who": context.client.who if context.client else "",
                "reply": reply.text,
                "written": context.written,
                "findings": sorted(reply.kinds()),
            }
            out.write(json.dumps(row, ensure_ascii=False) + "\n")


def _short(value: object) -> str:
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()[:16]
