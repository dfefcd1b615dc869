"""Turns raw text into plain lower-case words that remember where they stood.

Knows spelling tricks (full-width letters, look-alike letters, zero-width characters, leet, spaced-out letters,
censored words, repeated letters), quotes and sentence ends. Knows nothing of crises: which words matter comes in as
a vocabulary. Linear in the length of the text.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

MAX_WORD = 40
"""Characters of one word that are looked at; longer runs are no word a lexicon could hold."""

_LOOKALIKES = str.maketrans(
    "аеорсухіјѕԁԛѡһӏкмтвнгαεοριυνκτɑɡıʟᴋʏ’‘‛ʼ´`＇“”„‟«»",
    "aeopcyxijsdqwhlkmtbhraeopiuvktagilky'''''''\"\"\"\"\"\"",
)
_LEET = str.maketrans("013457@$!|", "oieastasil")
_TOKEN = re.compile(
    r"(?<![^\W_])[^\W_](?:[.\-_*][^\W_]){2,}(?![^\W_])"  # letters one by one: k.m.s, s-u-i
    r"|[^\W_](?:[^\W_]|[@$!*|](?=[\w@$!*|]))*(?:'[^\W_]+)*"  # a word, perhaps with leet inside
    r"|[$@](?=[^\W_])(?:[^\W_]|[@$!*|](?=[\w@$!*|]))*"
    r'|[.!?;:\n,"()]'
)
_SPELLED = re.compile(r"[^\W_](?:[.\-_*][^\W_]){2,}")
_SENTENCE_END = frozenset(".!?;")
_REPEATED = re.compile(r"(.)\1{2,}")


@dataclass(frozen=True, slots=True)
class Word:
    """One word: `text` lower-case and plain; `start`/`end` offsets in the raw text; `sentence` counts from 0."""

    text: str
    start: int
    end: int
    sentence: int
    comma_before: bool
    quoted: bool


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What a normaliser may turn odd spellings into: known words, spellings, contractions, censorable words."""

    known: frozenset[str]
    spellings: Mapping[str, tuple[str, ...]]
    censored: tuple[str, ...]


def plain(raw: str) -> tuple[str, list[int] | None]:
    """Return comparable text and, for each of its characters, the offset in `raw` (None: offsets are the same)."""
    if raw.isascii():
        return raw.lower(), None
    characters: list[str] = []
    offsets: list[int] = []
    for offset, character in enumerate(raw):
        for piece in _plain_character(character):
            characters.append(piece)
            offsets.append(offset)
    return "".join(characters), offsets


def _plain_character(character: str) -> str:
    if character.isascii():
        return character.lower()
    folded = unicodedata.normalize("NFKD", character)
    kept = "".join(c for c in folded if unicodedata.category(c) not in ("Mn", "Me", "Cf"))
    return kept.lower().translate(_LOOKALIKES)


def words(raw: str, vocabulary: Vocabulary) -> list[Word]:
    """Split `raw` into words, mending odd spellings towards `vocabulary`. Offsets always point into `raw`."""
    written = _written(raw)
    found: list[Word] = []
    index = 0
    while index < len(written):
        stop = index
        while stop < len(written) and stop - index < MAX_WORD and len(written[stop].text) == 1:
            stop += 1
        if stop - index >= 3:
            found.extend(_respelled(written[index:stop], vocabulary))
            index = stop
            continue
        word = written[index]
        for form in mended(word.text, vocabulary):
            found.append(Word(form, word.start, word.end, word.sentence, word.comma_before, word.quoted))
        index += 1
    return found


def _written(raw: str) -> list[Word]:
    """The words as they were written, with their sentence and quotes; letters with dots between count one by one."""
    text, offsets = plain(raw)
    found: list[Word] = []
    sentence, comma, quoted, lines = 0, False, False, 0
    for match in _TOKEN.finditer(text):
        piece = match.group()
        if len(piece) == 1 and not piece.isalnum():
            lines = lines + 1 if piece == "\n" else 0
            if piece in _SENTENCE_END or lines > 1:
                sentence, comma = sentence + 1, False
            elif piece == '"':
                quoted = not quoted
            elif piece != "\n":
                comma = True
            continue
        lines = 0
        start = match.start()
        parts = (
            [(start + at, piece[at]) for at in range(0, len(piece), 2)] if _SPELLED.fullmatch(piece) else []
        )
        for at, part in parts or [(start, piece)]:
            end = at + len(part)
            if offsets is not None:
                at, end = offsets[at], offsets[end - 1] + 1
            found.append(Word(part[:MAX_WORD], at, end, sentence, comma, quoted))
            comma = False
    return found


def mended(piece: str, vocabulary: Vocabulary) -> tuple[str, ...]:
    """Return the plain words one written word stands for: usually itself."""
    if piece in vocabulary.spellings:
        return vocabulary.spellings[piece]
    if piece in vocabulary.known or (piece.isalpha() and not _REPEATED.search(piece)):
        return (piece,)
    for guess in _guesses(piece, vocabulary):
        if guess in vocabulary.spellings:
            return vocabulary.spellings[guess]
        if guess in vocabulary.known:
            return (guess,)
    if "'" in piece:
        return (piece.replace("'s", ""),) if piece.endswith("'s") else (piece.replace("'", ""),)
    return (piece,)


def _guesses(piece: str, vocabulary: Vocabulary) -> list[str]:
    guesses = [piece.replace("'", "")]
    if not piece.isalpha():
        guesses.append(piece.translate(_LEET))
        guesses.append(piece.replace("1", "l").translate(_LEET))
    for guess in tuple(guesses):
        guesses.append(_REPEATED.sub(r"\1", guess))
        guesses.append(_REPEATED.sub(r"\1\1", guess))
    if "*" in piece:
        guesses.extend(word for word in vocabulary.censored if _fits(piece, word))
    return guesses


def _fits(censored: str, word: str) -> bool:
    """Say whether `censored` is `word` with letters starred out, one star a letter, or one run of stars."""
    if len(censored) == len(word):
        return all(a in ("*", b) for a, b in zip(censored, word, strict=True))
    head, _, tail = censored.partition("*")
    tail = tail.lstrip("*")
    return (
        "*" not in tail
        and 2 <= len(head) + len(tail) < len(word)
        and word.startswith(head)
        and word.endswith(tail)
    )


def _respelled(letters: list[Word], vocabulary: Vocabulary) -> list[Word]:
    """Cut a run of single letters into the longest known words, from the left; letters that fit nowhere stay."""
    run = "".join(letter.text for letter in letters)
    result: list[Word] = []
    index = 0
    while index < len(run):
        for length in range(min(len(run) - index, 12), 1, -1):
            piece = run[index : index + length]
            if length > 2 or piece in ("my", "me", "to"):
                forms = vocabulary.spellings.get(piece) or ((piece,) if piece in vocabulary.known else ())
                if forms:
                    break
        else:
            length, forms = 1, mended(run[index], vocabulary)
        first, last = letters[index], letters[index + length - 1]
        for form in forms:
            result.append(Word(form, first.start, last.end, first.sentence, first.comma_before, first.quoted))
        index += length
    return result
