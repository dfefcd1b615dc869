"""Biased remarks in what anybody here says: seven kinds, four alert levels, from the heads and from phrases.

The heads learned from comments on the web and from rows written here; the phrases know remarks that helpers make
(`bias_phrases.toml`). Either may find a kind; the gravest level of the two is the message's. Naming a group is no
remark. Knows one message, not who is spoken to. States facts; policy decides.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from inference.contracts import Finding, Label
from inference.safety.detectors.advice import bias_advice
from inference.safety.detectors.bias_phrases import Remark, phrases_version, remarks
from inference.safety.detectors.given import Detected, Given, Reading
from inference.safety.detectors.thresholds import thresholds, thresholds_version

NAME = "bias"
VERSION = f"bias 1; {thresholds_version()}"
HEAD = "head.bias"
LEVELS = ("none", "low", "medium", "high")
SCORES: Mapping[str, float] = {"none": 0.0, "low": 0.35, "medium": 0.65, "high": 0.9}
"""The score of a phrase's finding, by its alert level (own judgement). A head's finding has its probability."""
KINDS = ("gender", "racial", "age", "cultural", "socioeconomic", "ability", "language")


@dataclass(frozen=True, slots=True)
class BiasReading:
    """What the heads come to. `probability`: P(a prejudiced remark); `hate`: P(abuse of a group), 0 where not read;
    `kinds` with their probabilities, the likeliest first, none at level none."""

    probability: float
    hate: float
    kinds: tuple[tuple[str, float], ...]
    level: str
    version: str


@dataclass(frozen=True, slots=True)
class BiasView:
    """Heads and phrases together. `score` 0-1: the higher of P(a prejudiced remark) and the phrases' level score."""

    level: str
    kinds: tuple[str, ...]
    score: float
    remarks: tuple[Remark, ...]
    model: BiasReading | None

    @property
    def biased(self) -> bool:
        """From level medium: low is a reason to look, not a statement."""
        return LEVELS.index(self.level) >= LEVELS.index("medium")


def decide_bias(readings: Mapping[str, Reading]) -> BiasReading | None:
    """What the heads say, by the thresholds; None where P(bias) was not read.

    Abuse of a group is a prejudiced remark of level high even where the bias head, which learned on milder rows, is not
    sure of one."""
    if "bias" not in readings:
        return None
    limits = thresholds(NAME)
    probability = readings["bias"].scores.get("yes", 0.0)
    hate = readings["hate"].scores.get("yes", 0.0) if "hate" in readings else 0.0
    level = next((name for name in reversed(LEVELS[1:]) if probability >= limits[name]), "none")
    if hate >= limits["hate"]:
        level = "high"
    kinds = _kinds(readings) if level != "none" else ()
    return BiasReading(probability, hate, kinds, level, readings["bias"].version)


def _kinds(readings: Mapping[str, Reading]) -> tuple[tuple[str, float], ...]:
    """The likeliest kind, and every other that is likely by itself."""
    if "bias.kinds" not in readings:
        return ()
    scores = readings["bias.kinds"].scores
    ranked = sorted(scores.items(), key=lambda each: -each[1])
    return tuple(ranked[:1] + [each for each in ranked[1:] if each[1] >= thresholds(NAME)["kind"]])


def bias_of(given: Given) -> BiasView:
    """Both layers on one message."""
    said, model = tuple(remarks(given.text)), decide_bias(given.readings)
    levels = [remark.level for remark in said] + ([model.level] if model else [])
    kinds = [kind for kind, _ in model.kinds] if model else []
    kinds += [remark.kind for remark in said]
    return BiasView(
        level=max(levels, key=LEVELS.index, default="none"),
        kinds=tuple(dict.fromkeys(kinds)),
        score=max([SCORES[remark.level] for remark in said] + [model.probability if model else 0.0]),
        remarks=said,
        model=model,
    )


def detect(given: Given) -> Detected:
    view = bias_of(given)
    labels = [] if view.level == "none" else [Label("bias.level", view.level, view.score)]
    advised = {action.id: action for kind in view.kinds for action in bias_advice(kind, view.level)}
    labels += [Label("bias.advice", each, 1.0) for each in advised]
    return Detected([*_by_phrase(view), *_by_head(view)], labels)


def _by_phrase(view: BiasView) -> list[Finding]:
    return [
        Finding(
            f"bias.{remark.kind}",
            SCORES[remark.level],
            remark.why,
            remark.start,
            remark.end,
            f"phrases.{remark.rule}",
            phrases_version(),
        )
        for remark in view.remarks
    ]


def _by_head(view: BiasView) -> list[Finding]:
    model = view.model
    if model is None or model.level == "none":
        return []
    score = max(model.probability, model.hate if model.level == "high" else 0.0)
    why = f"the whole message reads as a prejudiced remark ({model.probability:.0%})"
    kinds = [kind for kind, _ in model.kinds]
    return [
        Finding(f"bias.{kind}", score, f"{why}, {kind}", None, None, HEAD, VERSION) for kind in kinds
    ] or [Finding("bias", score, why, None, None, HEAD, VERSION)]
