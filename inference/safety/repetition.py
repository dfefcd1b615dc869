"""Measures how much a reply repeats: itself, the speaker's earlier replies, or words it was told to keep away from.

Shares of word triples; knows nothing of meaning, so a paraphrase goes unseen.
"""

import re
from collections.abc import Iterator, Sequence

REPEATS = 0.5
"""Share of a reply's word triples found in one earlier text from which it counts as a repetition (own judgement)."""
FEW_WORDS = 4
"""Shorter sentences ("I don't know.") may come back: people do say them again."""
MAX_EARLIER = 40
_WORD = re.compile(r"[a-z0-9]+(?:'[a-z]+)?")
_SENTENCE = re.compile(r"[^.!?…\n]+")


def repetitions(text: str, earlier: Sequence[str]) -> Iterator[tuple[float, str]]:
    """Yield (share, why) for repeating an earlier reply or itself; at most one of each."""
    spoken = _words(text)
    sentences = {
        tuple(_words(sentence)) for reply in earlier[-MAX_EARLIER:] for sentence in _SENTENCE.findall(reply)
    }
    own = [tuple(_words(sentence)) for sentence in _SENTENCE.findall(text)]
    again = [sentence for sentence in own if len(sentence) >= FEW_WORDS and sentence in sentences]
    share = max((_shared(spoken, _words(reply)) for reply in earlier[-MAX_EARLIER:]), default=0.0)
    if again or any(spoken == _words(reply) for reply in earlier[-2:]):
        yield 0.95, "says a sentence of an earlier reply again"
    elif share >= REPEATS:
        yield share, "repeats most of an earlier reply"
    long = [sentence for sentence in own if len(sentence) >= FEW_WORDS]
    triples = _triples(spoken)
    if len(long) > len(set(long)):
        yield 0.95, "says the same sentence twice"
    elif len(triples) >= 8 and len(set(triples)) / len(triples) < 0.75:
        yield 1 - len(set(triples)) / len(triples) + 0.4, "goes round in circles"
    elif _stutters(spoken):
        yield 0.9, "says one word over and over"


def echoes(text: str, avoid: Sequence[str]) -> Iterator[tuple[float, str]]:
    """Yield (share, why) where the text holds an avoided phrase of up to three words or repeats a longer text."""
    spoken = _words(text)
    for entry in avoid:
        other = _words(entry)
        if not other:
            continue
        if len(other) <= 3:
            if any(spoken[at : at + len(other)] == other for at in range(len(spoken))):
                yield 0.9, "uses words it was to avoid"
            continue
        share = max(_shared(spoken, other), _shared(other, spoken))
        if share >= REPEATS:
            yield share, "repeats words that were not its own"


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower().replace("’", "'"))


def _triples(spoken: Sequence[str]) -> list[tuple[str, ...]]:
    return [tuple(spoken[at : at + 3]) for at in range(len(spoken) - 2)]


def _shared(spoken: Sequence[str], other: Sequence[str]) -> float:
    triples = set(_triples(spoken))
    if len(triples) < 3:
        return 0.0
    return len(triples & set(_triples(other))) / len(triples)


def _stutters(spoken: Sequence[str]) -> bool:
    return any(len(set(spoken[at : at + 4])) == 1 for at in range(len(spoken) - 3))
