"""Cuts a stream of text into segments: sentences, each long enough to be judged and shown by itself.

Torch-free; knows nothing of tokens, candidates or what the words mean.
"""

import re

SHORTEST_SEGMENT_CHARACTERS = 12
"""A shorter sentence ("So.") waits for the next one: shown alone it looks like a stutter."""
LONGEST_SEGMENT_CHARACTERS = 600
"""A model that never ends a sentence is cut here, at a space."""

_END = re.compile(r"[.!?…]+[\"'”’)\]*]*(?=\s)|\n")
_ABBREVIATION = re.compile(r"(?:\b(?:Mr|Mrs|Ms|Dr|Prof|St|Jr|Sr|vs|etc|e\.g|i\.e|a\.m|p\.m|No)|\b[A-Z])\.$")
_CLOSED = re.compile(r"[.!?…][\"'”’)\]*]*$")


class SentenceSplitter:
    """Feed it text as it comes; `push` returns the segments that text completed.

    A sentence is complete when something follows it, so that "3.5" and "?!" are never cut in the middle."""

    def __init__(self) -> None:
        self._waiting = ""

    def push(self, text: str) -> list[str]:
        self._waiting += text
        done: list[str] = []
        while (end := self._first_end()) is not None:
            done.append(self._waiting[:end].strip())
            self._waiting = self._waiting[end:].lstrip()
        return done

    def _first_end(self) -> int | None:
        for match in _END.finditer(self._waiting):
            so_far = self._waiting[: match.end()].strip()
            if len(so_far) >= SHORTEST_SEGMENT_CHARACTERS and not _ABBREVIATION.search(so_far):
                return match.end()
        if len(self._waiting) > LONGEST_SEGMENT_CHARACTERS:
            space = self._waiting.rfind(" ", 0, LONGEST_SEGMENT_CHARACTERS)
            return space if space > 0 else LONGEST_SEGMENT_CHARACTERS
        return None

    def rest(self) -> str:
        """What has not made a segment yet, stripped; at the end of the text it is the last segment."""
        return self._waiting.strip()


def is_closed(text: str) -> bool:
    """Whether the text ends as a sentence does."""
    return _CLOSED.search(text.rstrip()) is not None
