"""Which written dialogues nobody may train on, decided by the dialogue's id alone.

Training and evaluation both ask here, so that a figure on held-out dialogues is a figure on dialogues the adapter
never saw. It knows nothing of files, texts or recipes.
"""

import hashlib

HELD_OUT_ONE_IN = 10
"""One dialogue in ten is kept from training."""


def held_out(dialogue_id: str) -> bool:
    """Whether the dialogue is kept from training: SHA-256 of the UTF-8 id, as a whole number, divides by ten.

    The same id gives the same answer on every machine and in every release; adding dialogues moves none of the others.
    """
    return int(hashlib.sha256(dialogue_id.encode("utf-8")).hexdigest(), 16) % HELD_OUT_ONE_IN == 0
