"""Conversations of several turns in tokens: they begin alike, differ in length, and are the same for everybody asked.

Knows no engine. Tokens are random: no words.
"""

import random
import time
from dataclasses import dataclass, field

from inference.benchmark.card.plan import ANSWER, ASKED, OWN, SHARED, TURNS
from inference.benchmark.figures import Answer


@dataclass(eq=False)
class Chat:
    """`ids` are the prompt of this turn, `said` what was answered so far, `length` how much is to be; times are seconds
    of the clock."""

    number: int
    vocabulary: int
    chance: random.Random
    ids: list[int]
    turns: int = TURNS
    length: int = 0
    begun: float = 0.0
    first: float = 0.0
    said: list[int] = field(default_factory=list)

    def ask(self) -> bool:
        """Begin the next turn; False where there is none."""
        if not self.turns:
            return False
        self.ids += [*self.said, *tokens(self.chance, ASKED, self.vocabulary)]
        self.said, self.turns = [], self.turns - 1
        self.length, self.begun = self.chance.randint(*ANSWER), time.perf_counter()
        return True

    def hear(self, token: int) -> Answer | None:
        """The answer where this token is its last."""
        heard = time.perf_counter()
        if not self.said:
            self.first = heard
        self.said.append(token)
        if len(self.said) < self.length:
            return None
        return Answer(self.first - self.begun, heard - self.begun, len(self.said))


def chats(count: int, *, vocabulary: int, seed: int) -> list[Chat]:
    """Not asked yet."""
    shared = tokens(random.Random(f"{seed}"), SHARED, vocabulary)  # noqa: S311 - play, not secrecy
    made = []
    for number in range(count):
        chance = random.Random(f"{seed}:{number}")  # noqa: S311 - as above
        ids = shared + tokens(chance, chance.randint(0, OWN), vocabulary)
        made.append(Chat(number, vocabulary, chance, ids))
    return made


def tokens(chance: random.Random, count: int, vocabulary: int) -> list[int]:
    return [chance.randrange(vocabulary) for _ in range(count)]
