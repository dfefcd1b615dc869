"""Tokens to text as they come, without decoding again what was said before.

A token's text depends on a few before it (a space is theirs or its own) and on some after it (the bytes of one
character), so that a short window is decoded each time and what it gained is new. Knows one row's tokens.
"""

from collections.abc import Sequence

from transformers import PreTrainedTokenizerBase

_BROKEN = "\ufffd"
"""How a decoder shows a character whose bytes are not all there yet."""
_BEFORE = 4
"""Tokens of the window that are text already."""


def decode(tokenizer: PreTrainedTokenizerBase, ids: Sequence[int]) -> str:
    return tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)


class Saying:
    def __init__(self, tokenizer: PreTrainedTokenizerBase) -> None:
        self._tokenizer = tokenizer
        self._window: list[int] = []
        self._said = 0

    def gain(self, token: int | None, *, whole: bool = False) -> str:
        """The text that `token` completed; with `whole`, what is left unfinished is left out."""
        if token is not None:
            self._window.append(token)
        text = decode(self._tokenizer, self._window)
        if text.endswith(_BROKEN):
            if not whole:
                return ""
            text = text.rstrip(_BROKEN)
        gained = text[self._said :]
        self._window = self._window[-_BEFORE:]
        self._said = len(decode(self._tokenizer, self._window))
        return gained
