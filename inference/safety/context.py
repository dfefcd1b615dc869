"""Reads what stands around a match: whom it is about, whether it is denied, quoted, past, invented or exaggerated.

Works on words and frames of one message. Knows nothing of severity and decides nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from inference.safety.lexicon import Lexicon
from inference.safety.normalise import Word

LOOK_BACK = 10
"""Words before a match in which its subject and a negation are looked for."""


@dataclass(frozen=True, slots=True)
class Reading:
    """`subject` is self, you, other or unsaid. The rest are facts about how the words are meant."""

    subject: str
    negated: bool
    quoted: bool
    reported: bool
    past: bool
    fiction: bool
    hyperbole: bool
    conditional: bool


@dataclass(slots=True)
class Frames:
    """Where each frame stands in a message: word indexes covered, and sentences touched, by frame name."""

    covered: dict[str, set[int]] = field(default_factory=dict)
    sentences: dict[str, set[int]] = field(default_factory=dict)
    ends: dict[str, set[int]] = field(default_factory=dict)

    def add(self, name: str, first: int, stop: int, sentence: int) -> None:
        """Note that frame `name` covers words `first` to `stop` (exclusive)."""
        self.covered.setdefault(name, set()).update(range(first, stop))
        self.ends.setdefault(name, set()).add(stop)
        self.sentences.setdefault(name, set()).add(sentence)

    def in_sentence(self, name: str, sentence: int) -> bool:
        """Say whether the frame stands anywhere in the sentence."""
        return sentence in self.sentences.get(name, ())


def read(words: Sequence[Word], first: int, stop: int, *, frames: Frames, lexicon: Lexicon) -> Reading:
    """Read the surroundings of words `first` to `stop` (exclusive)."""
    sentence = words[first].sentence
    subject, at = _subject(words, first, lexicon)
    own = lexicon.classes["self"]
    if any(word.text in own or word.text == "i" for word in words[first:stop]):
        subject, at = "self", first
    past = frames.in_sentence("past", sentence) and not _present(words, first, stop, frames)
    return Reading(
        subject=subject,
        negated=_negated(words, first, frames, lexicon),
        quoted=words[first].quoted,
        reported=_reported(first, frames, at),
        past=past,
        fiction=frames.in_sentence("fiction", sentence),
        hyperbole=frames.in_sentence("hyperbole", sentence),
        conditional=_conditional(words, first),
    )


def _subject(words: Sequence[Word], first: int, lexicon: Lexicon) -> tuple[str, int]:
    sentence = words[first].sentence
    for at in range(first - 1, max(-1, first - 1 - LOOK_BACK), -1):
        word = words[at]
        if word.sentence != sentence:
            break
        for name, label in (("i", "self"), ("you", "you"), ("they", "other")):
            if word.text in lexicon.classes[name]:
                return label, at
    return "unsaid", first


def _negated(words: Sequence[Word], first: int, frames: Frames, lexicon: Lexicon) -> bool:
    """Look back for a negation; "but" and its like end the search, and so does a comma after "no"."""
    sentence = words[first].sentence
    pseudo = frames.covered.get("pseudo_negation", ())
    denied = frames.covered.get("denied_thought", ())
    for at in range(first - 1, max(-1, first - 1 - LOOK_BACK), -1):
        word = words[at]
        if word.sentence != sentence or (
            word.text in lexicon.barriers and word.text not in lexicon.negations
        ):
            return False
        if word.text in lexicon.negations and at not in pseudo:
            near = first - at <= 5
            return (near or at in denied) and not words[at + 1].comma_before
    return False


def _reported(first: int, frames: Frames, subject_at: int) -> bool:
    ends = frames.ends.get("reported", ())
    return any(end in ends for end in range(max(0, min(first, subject_at) - 2), first + 1))


def _present(words: Sequence[Word], first: int, stop: int, frames: Frames) -> bool:
    covered = frames.covered.get("present", ())
    past = frames.covered.get("past", ())
    sentence = words[first].sentence
    reach = range(max(0, first - LOOK_BACK), min(len(words), stop + LOOK_BACK))
    return any(at in covered and at not in past and words[at].sentence == sentence for at in reach)


def _conditional(words: Sequence[Word], first: int) -> bool:
    sentence = words[first].sentence
    reach = range(first, max(-1, first - 1 - LOOK_BACK), -1)
    return any(
        words[at].sentence == sentence and words[at].text in ("if", "suppose", "imagine", "when")
        for at in reach
    )
