"""The questions the encoder answers, and the layers that answer them on top of MiniLM.

Heads that read the same words share one low-rank adapter and one pass: `message` reads a text alone, `exchange` a text
after what was said to it. Every head pools with its own attention over the tokens, so that one grave sentence in a long
letter is not averaged away, and the weights say which words were decisive. Knows no detector and no threshold.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import torch
from torch import Tensor, nn

HIDDEN = 384
"""Width of MiniLM's last layer."""
SHAPES = 8
"""Features of a token's spelling that the uncased vocabulary loses; see `tokens.shape_features`."""
DROPOUT = 0.1


class Answer(StrEnum):
    """How a head's labels relate: exactly one, any number, or one for every token."""

    ONE = "one"
    ANY = "any"
    TAGS = "tags"


@dataclass(frozen=True)
class HeadSpec:
    name: str
    answer: Answer
    labels: tuple[str, ...]
    what: str
    """What the question is, for cards and readers."""


KINDS = (
    "none",
    "suicidal",
    "self_harm",
    "psychosis",
    "agitation",
    "substance",
    "depression",
    "panic",
    "violence",
)
SEVERITIES = ("none", "low", "moderate", "high", "imminent")
EMOTIONS = (
    "admiration",
    "amusement",
    "anger",
    "annoyance",
    "approval",
    "caring",
    "confusion",
    "curiosity",
    "desire",
    "disappointment",
    "disapproval",
    "disgust",
    "embarrassment",
    "excitement",
    "fear",
    "gratitude",
    "grief",
    "joy",
    "love",
    "nervousness",
    "neutral",
    "optimism",
    "pride",
    "realization",
    "relief",
    "remorse",
    "sadness",
    "surprise",
)
BEHAVIOURS = (
    "other",
    "question_open",
    "question_closed",
    "simple",
    "complex",
    "information",
    "advice",
    "negotiation",
)
CODES = ("GI", "Persuade", "PersuadeWith", "Q", "SR", "CR", "AF", "Seek", "Emphasize", "Confront")
STRATEGIES = (
    "Questions",
    "Restatement or Paraphrasing",
    "Reflection of feelings",
    "Self-disclosure",
    "Affirmation and Reassurance",
    "Providing Suggestions",
    "Information",
    "Other",
)
BIAS_KINDS = ("gender", "racial", "age", "cultural", "socioeconomic", "ability", "language")
LEVELS = ("0", "1", "2")

MESSAGE = "message"
EXCHANGE = "exchange"
TAGS = "tags"
ADAPTERS: Mapping[str, tuple[HeadSpec, ...]] = {
    MESSAGE: (
        HeadSpec("crisis.kind", Answer.ONE, KINDS, "the gravest kind of crisis a person's message shows"),
        HeadSpec("crisis.severity", Answer.ONE, SEVERITIES, "how grave it is"),
        HeadSpec("crisis.timeline", Answer.ONE, ("none", "immediate", "short_term", "ongoing"), "when"),
        HeadSpec("protective", Answer.ANY, ("support", "coping", "hope", "responsibility"), "what protects"),
        HeadSpec("bias", Answer.ONE, ("no", "yes"), "a prejudiced remark about a group"),
        HeadSpec("bias.kinds", Answer.ANY, BIAS_KINDS, "about which kind of group"),
        HeadSpec("hate", Answer.ONE, ("no", "yes"), "abuse of people for the group they belong to"),
        HeadSpec("toxicity", Answer.ONE, ("hate", "offensive", "none"), "hateful, offensive or neither"),
        HeadSpec("emotion", Answer.ANY, EMOTIONS, "what the writer expresses"),
    ),
    EXCHANGE: (
        HeadSpec("behaviour", Answer.ONE, BEHAVIOURS, "the main thing a therapist's turn does"),
        HeadSpec("codes", Answer.ANY, CODES, "every behaviour code a therapist's turn shows"),
        HeadSpec("talk", Answer.ONE, ("change", "neutral", "sustain"), "which way a client's words lean"),
        HeadSpec("empathy.emotional_reactions", Answer.ONE, LEVELS, "warmth that the reply expresses"),
        HeadSpec("empathy.interpretations", Answer.ONE, LEVELS, "understanding that the reply expresses"),
        HeadSpec("empathy.explorations", Answer.ONE, LEVELS, "interest that the reply expresses"),
        HeadSpec("strategy", Answer.ONE, STRATEGIES, "the main way a supporter helps in this reply"),
        HeadSpec(
            "technique",
            Answer.ONE,
            (
                "none",
                "cbt",
                "dbt",
                "mi",
                "act",
                "psychodynamic",
                "solution_focused",
                "mindfulness",
                "person_centred",
            ),
            "the school of therapy whose technique a helper's words show",
        ),
    ),
    TAGS: (
        HeadSpec(
            "pii",
            Answer.TAGS,
            ("none", "name", "address", "organisation", "place", "title", "group"),
            "which words name a person, an address, or what looks like one",
        ),
    ),
}


class Head(nn.Module):
    """Logits (batch, labels) from token states, with the attention (batch, tokens) that pooled them."""

    def __init__(self, labels: int) -> None:
        super().__init__()
        self.attention = nn.Linear(HIDDEN, 1)
        self.out = nn.Linear(2 * HIDDEN, labels)
        self.drop = nn.Dropout(DROPOUT)

    def forward(self, states: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        scores = self.attention(states).squeeze(-1).masked_fill(mask == 0, -1e4)
        weights = scores.softmax(-1)
        attended = torch.einsum("bt,bth->bh", weights, states)
        real = mask.to(states.dtype)
        mean = torch.einsum("bt,bth->bh", real / real.sum(1, keepdim=True).clamp(min=1), states)
        return self.out(self.drop(torch.cat([attended, mean], -1))), weights


class TagHead(nn.Module):
    """Logits (batch, tokens, labels) from token states and the shapes of their spelling."""

    def __init__(self, labels: int) -> None:
        super().__init__()
        self.mix = nn.Linear(HIDDEN + 3 * SHAPES, 128)
        self.out = nn.Linear(128, labels)
        self.drop = nn.Dropout(DROPOUT)

    def forward(self, states: Tensor, shapes: Tensor) -> Tensor:
        before = torch.roll(shapes, 1, dims=1)
        after = torch.roll(shapes, -1, dims=1)
        mixed = torch.cat([states, shapes, before, after], -1)
        return self.out(self.drop(torch.nn.functional.gelu(self.mix(mixed))))


def build(adapter: str) -> nn.ModuleDict:
    """Fresh heads of an adapter; names lose their dots, which modules may not have."""
    return nn.ModuleDict(
        {
            module_name(spec.name): (TagHead if spec.answer is Answer.TAGS else Head)(len(spec.labels))
            for spec in ADAPTERS[adapter]
        }
    )


def module_name(head: str) -> str:
    return head.replace(".", "__")
