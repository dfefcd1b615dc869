"""Whether the person played stays that person, and the words are fit to be said: findings of the wording check.

A break of role is what shows that no client, or no companion, speaks: a machine's or an assistant's words, the
therapist's part, another speaker's line, a stage direction. Knows phrases; an odd line in fresh words goes unseen.
"""

from inference.contracts import Person
from inference.evaluation.adapters.measured import share_of
from inference.evaluation.adapters.replies import Material
from inference.models.gate import Better, Measured
from inference.safety.wording import VERSION as WORDING_VERSION

NAME = "role"
PERSONS = tuple(Person)
VERSION = f"role 1; {WORDING_VERSION}"
BREAKS = ("role_break", "assistant_speak", "therapist_speak", "other_speaker", "stage_direction")
"""What the check says of a companion leaves out therapist's and assistant's words by itself."""
UNFIT = ("empty", "garbage", "markup", "too_long", "unfinished")


def measured(material: Material) -> list[Measured]:
    replies = material.replies
    kinds = [reply.kinds() for reply in replies]
    figures = [
        share_of(
            NAME, "breaks the role", [bool(k & set(BREAKS)) for k in kinds], replies,
            better=Better.LOWER, safety=True,
        ),
        share_of(NAME, "unfit to be said", [bool(k & set(UNFIT)) for k in kinds], replies, better=Better.LOWER),
    ]  # fmt: skip
    for kind in (*BREAKS, *UNFIT):
        hits = [kind in each for each in kinds]
        if any(hits):
            figures.append(share_of(NAME, kind.replace("_", " "), hits, replies))
    return figures
