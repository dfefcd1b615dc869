"""Heads that read what a test decides, and rows of every suite, written for these tests."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import pytest

from inference.safety.detectors.given import Given, Reading, Tag

Row = dict[str, object]


class ScriptedHeads:
    """Reads into a text the scores scripted for it; what was not scripted for a head it was told of is not read."""

    def __init__(
        self, scores: Mapping[str, Mapping[str, Mapping[str, float]]], tags: Mapping[str, tuple[Tag, ...]]
    ):
        self.scores, self.tags, self.sizes = scores, tags, []
        self.versions = {"scripted": "h1"}

    def read(self, given: Sequence[Given]) -> list[Given]:
        self.sizes.append(len(given))
        return [
            replace(
                each,
                readings={head: Reading(p, "h1") for head, p in self.scores.get(each.text, {}).items()},
                tags=self.tags.get(each.text, ()),
            )
            for each in given
        ]


@pytest.fixture
def scripted() -> Callable[..., ScriptedHeads]:
    def build(
        scores: Mapping[str, Mapping[str, Mapping[str, float]]],
        tags: Mapping[str, tuple[Tag, ...]] | None = None,
    ) -> ScriptedHeads:
        return ScriptedHeads(scores, tags or {})

    return build


ASKED = [
    {"speaker": "therapist", "text": "What brings you in?"},
    {"speaker": "client", "text": "My drinking."},
]
ROWS: dict[str, list[Row]] = {
    "crisis": [
        {"text": "I am going to kill myself tonight.", "crisis": True, "type": "suicidal"},
        {"text": "The bus was late again.", "crisis": False, "type": "none"},
    ],
    "crisis_silver": [
        {"text": "I have been cutting myself again.", "crisis": True, "type": "self_harm"},
        {"text": "I liked the soup.", "crisis": False, "type": "none"},
    ],
    "benign": [{"text": "This hill is killing me."}, {"text": "I could murder a curry."}],
    "therapist_behaviour": [
        {"text": "What worries you about it?", "label": "question", "subtype": "open", "session": "a"},
        {"text": "Okay.", "label": "other", "subtype": None, "session": "a", "history": ASKED},
    ],
    "client_talk": [
        {"text": "I want to stop.", "label": "change", "session": "a", "history": ASKED[:1]},
        {"text": "I was born in Hull.", "label": "neutral", "session": "b", "history": []},
    ],
    "empathy": [
        {
            "seeker": "I lost my job.",
            "response": "I am so sorry. How do you feel?",
            "emotional_reactions": 2,
            "interpretations": 0,
            "explorations": 2,
        },
    ],
    "support_strategy": [
        {
            "text": "How long have you felt that way?",
            "label": "Questions",
            "history": [{"speaker": "seeker", "text": "I feel low."}],
        },
    ],
    "bias": [
        {"text": "Women cannot drive.", "biased": True, "group": "gender_female"},
        {"text": "My mother drives a lorry.", "biased": False, "group": "gender_female"},
    ],
    "pii": [
        {
            "text": "Write to sam@example.org please",
            "spans": [{"start": 9, "end": 24, "type": "EMAIL_ADDRESS"}],
        },
        {"text": "Nothing here.", "spans": []},
    ],
    "toxicity": [{"text": "You fool.", "label": "offensive"}, {"text": "Good morning.", "label": "none"}],
    "hatecheck": [
        {"text": "I hate Mondays.", "hateful": False, "functionality": "target_obj_nh"},
        {"text": "I hate those people.", "hateful": True, "functionality": "derog_neg_emote_h"},
    ],
    "persona": [
        {"text": "What is a complex reflection?", "persona": "education"},
        {"text": "I miss her every night.", "persona": "companion", "crisis": False, "hard": True},
        {"text": "What brings you here today?", "persona": "client"},
        {"text": "hello", "persona": "none"},
    ],
    "emotion": [
        {"text": "I miss her so much.", "labels": ["grief", "sadness"]},
        {"text": "Ok.", "labels": ["neutral"]},
    ],
}


@pytest.fixture
def rows_of() -> Callable[[str], list[Row]]:
    """Rows of a suite with their labels."""
    return lambda name: [dict(row) for row in ROWS[name]]
