"""A small phrase language and its matcher: sequences of words, found in one pass, no regular expressions.

A phrase is words with spaces between. `a|b` is either, each a single word unless its words are joined: `a|b_c` is "a"
or "b c"; `word?` may be missing; `@name` is a class of words; `~2` lets up to two other words stand in between. A
phrase never spans two sentences, and a gap never holds a negation or "but". Time is linear in the text: a phrase is
short and its gaps small.
"""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

from inference.safety.normalise import Word

Step = frozenset[str] | int
"""A set of words of which one must stand here, or the size of a gap."""


class PhraseError(ValueError):
    """A lexicon's phrase cannot be read; the message names the phrase."""

    code = "phrase_unreadable"
    retryable = False


@dataclass(slots=True)
class _Node:
    next: dict[str, list["_Node"]] = field(default_factory=dict)
    gaps: list[tuple[int, "_Node"]] = field(default_factory=list)
    shared: dict[Step, "_Node"] = field(default_factory=dict)
    ends: list[int] = field(default_factory=list)


def steps(phrase: str, classes: Mapping[str, frozenset[str]]) -> list[tuple[Step, ...]]:
    """Read one phrase; return every variant once its optional words are in or out."""
    choices = [_choices(part, phrase, classes) for part in phrase.split()]
    variants = [_trimmed([step for piece in variant for step in piece]) for variant in product(*choices)]
    if not all(variants):
        raise PhraseError(f"a phrase needs at least one word that must stand: {phrase}")
    return variants


def _choices(part: str, phrase: str, classes: Mapping[str, frozenset[str]]) -> list[tuple[Step, ...]]:
    """What may stand at one place: one set of words, any run of words joined by "_", and nothing if optional."""
    body = part.rstrip("?")
    if body.startswith("~"):
        return [(int(body[1:] or "2"),)]
    literals: set[str] = set()
    runs: list[tuple[Step, ...]] = []
    for name in body.split("|"):
        if name.startswith("@"):
            if name[1:] not in classes:
                raise PhraseError(f"unknown class {name} in phrase: {phrase}")
            literals |= classes[name[1:]]
        elif "_" in name:
            runs.append(tuple(frozenset({word}) for word in name.split("_")))
        else:
            literals.add(name)
    choices = [(frozenset(literals),), *runs] if literals else runs
    return [*choices, ()] if part.endswith("?") else choices


def _trimmed(variant: list[Step]) -> tuple[Step, ...]:
    """Drop gaps at either end, which an optional word left out can leave behind."""
    while variant and isinstance(variant[0], int):
        variant = variant[1:]
    while variant and isinstance(variant[-1], int):
        variant = variant[:-1]
    return tuple(variant)


class Matcher:
    """Finds which of many phrases stand where. Built once; matching changes nothing, so threads may share it."""

    def __init__(self, barriers: Container[str]) -> None:
        self._root = _Node()
        self._barriers = barriers
        self.vocabulary: set[str] = set()

    def add(self, variants: Iterable[Sequence[Step]], number: int) -> None:
        """Teach the variants of one phrase under the rule's `number`."""
        for variant in variants:
            node = self._root
            for step in variant:
                node = self._child(node, step)
            if number not in node.ends:
                node.ends.append(number)

    def _child(self, node: _Node, step: Step) -> _Node:
        if step in node.shared:
            return node.shared[step]
        child = node.shared[step] = _Node()
        if isinstance(step, int):
            node.gaps.append((step, child))
        else:
            self.vocabulary |= step
            for literal in step:
                node.next.setdefault(literal, []).append(child)
        return child

    def matches(self, words: Sequence[Word]) -> list[tuple[int, int, int]]:
        """Return (rule number, first word, one past the last word) of every match, in the order of the text."""
        found: set[tuple[int, int, int]] = set()
        first = self._root.next
        for start, word in enumerate(words):
            if word.text in first:
                self._walk(words, start, found)
        return sorted(found, key=lambda match: (match[1], match[2], match[0]))

    def _walk(self, words: Sequence[Word], start: int, found: set[tuple[int, int, int]]) -> None:
        sentence = words[start].sentence
        pending = [(start, self._root)]
        while pending:
            at, node = pending.pop()
            for number in node.ends:
                found.add((number, start, at))
            if at >= len(words) or words[at].sentence != sentence:
                continue
            pending.extend((at + 1, child) for child in node.next.get(words[at].text, ()))
            for size, child in node.gaps:
                pending.extend(self._over_gap(words, at, size, child))

    def _over_gap(self, words: Sequence[Word], at: int, size: int, child: _Node) -> list[tuple[int, _Node]]:
        reached = [(at, child)]
        for skip in range(size):
            if at + skip >= len(words) or words[at + skip].text in self._barriers:
                break
            reached.append((at + skip + 1, child))
        return reached
