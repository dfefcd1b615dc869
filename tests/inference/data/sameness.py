"""How alike written texts are, and whether somebody real is named in them: what the tests of written data share.

A text is its words in order. Knows no file and no form.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

Words = tuple[str, ...]

REAL = re.compile(
    r"betterhelp|talkspace|headspace|woebot|wysa|replika|character\.ai|chatgpt|7 ?cups|samaritans|"
    r"\b(?:gottman|linehan|rollnick|freud|kabat-zinn|perel|oprah|dr\.? phil|jordan peterson|tolle|bren[eé] brown|"
    r"carl rogers|aaron beck|marsha|trump|biden|obama|putin|musk|kardashian|taylor swift|merle haggard|hitler)\b",
    re.IGNORECASE,
)


def words_of(text: str) -> Words:
    return tuple(re.findall(r"[\w']+", text.lower()))


def stretches(words: Words, size: int) -> Iterator[Words]:
    return (words[at : at + size] for at in range(len(words) - size + 1))


def distinct(texts: Iterable[Words], size: int) -> float:
    """Different stretches of `size` words among all of them, 0-1; falls as texts grow in number."""
    every = [stretch for words in texts for stretch in stretches(words, size)]
    return len(set(every)) / len(every)


def overlap(texts: Iterable[Words], size: int) -> float:
    """The mean share of a text's stretches of `size` words that another text has too, 0-1: as self-BLEU, with one size
    of stretch. Texts of fewer words do not count."""
    own = [list(stretches(words, size)) for words in texts if len(words) >= size]
    holding = Counter(stretch for each in own for stretch in set(each))
    return sum(sum(holding[stretch] > 1 for stretch in each) / len(each) for each in own) / len(own)


def near(bags: Sequence[frozenset[str]], share: float, *, least: int = 5) -> list[tuple[int, int]]:
    """Pairs of texts with that share of all their different words in common, of texts with `least` of them. Every such
    pair shares one of the rarer words; only those are compared."""
    common = Counter(word for bag in bags for word in bag)
    having: dict[str, list[int]] = defaultdict(list)
    found = []
    for at, bag in enumerate(bags):
        rare = sorted(bag, key=lambda word: (common[word], word))
        rare = rare[: len(rare) - int(share * len(rare)) + 1] if len(bag) >= least else []
        for other in {other for word in rare for other in having[word]}:
            shared = len(bag & bags[other])
            if shared / (len(bag) + len(bags[other]) - shared) >= share:
                found.append((other, at))
        for word in rare:
            having[word].append(at)
    return sorted(found)
