"""Conversations for a benchmark: several turns, a shared beginning, ragged lengths, and the same for every engine.

The words are ours and stand for no person. Knows nothing of engines or time.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from inference.contracts import Message, Role
from inference.testing import SCRIPTED_LINES

PERSONA = (
    "You are Marcus Bell, 34, a forklift driver. Your manager sent you because you smelled of drink. You think that "
    "everybody has a drink after a shift. You answer the therapist in one or two short spoken sentences, and you never "
    "speak as the therapist."
)
QUESTIONS = (
    "How has the week been?",
    "What would have to be different for you to think about it?",
    "It sounds as if you did not choose to be here, and that being told to come has made you angry with the people "
    "who sent you. Did I understand that, or is it something else?",
    "You said that it helps you to switch off. Tell me about an evening when it did, from coming home to going to bed.",
    "On a scale from nought to ten, how ready are you to change anything?",
)


@dataclass(frozen=True)
class Conversation:
    """What the other says in each turn, and how many tokens each answer may have."""

    persona: str
    questions: tuple[str, ...]
    lengths: tuple[int, ...]

    def messages(self, turn: int, answers: Sequence[str]) -> tuple[Message, ...]:
        """What is sent in `turn`, after the answers of those before it."""
        said = [Message(Role.SYSTEM, self.persona)]
        for question, answer in zip(self.questions, answers, strict=False):
            said += [Message(Role.USER, question), Message(Role.ASSISTANT, answer or "...")]
        return (*said, Message(Role.USER, self.questions[turn]))


def conversations(count: int, *, turns: int, seed: int = 0) -> list[Conversation]:
    """`count` of them, the first ones the same whatever the count; answers of 24 to 64 tokens."""
    made = []
    for number in range(count):
        chance = random.Random(f"{seed}:{number}")  # noqa: S311 - play, not secrecy
        notes = " ".join(chance.sample(SCRIPTED_LINES, k=chance.randint(0, 6)))
        questions = tuple(chance.choice(QUESTIONS) for _ in range(turns))
        lengths = tuple(chance.choice((24, 40, 64)) for _ in range(turns))
        made.append(Conversation(f"{PERSONA} You said before: {notes}", questions, lengths))
    return made
