"""Errors of this app.

RefusedError (core)
├── TurnRefusedError    what was sent cannot become a turn; `code` says why
└── EncounterEndedError code encounter_ended
"""

from apps.core.errors import RefusedError

MAX_CHARACTERS = 4000

_WORDS = {
    "text_empty": "There was nothing to send.",
    "text_too_long": f"That is longer than {MAX_CHARACTERS} characters. Shorten it, or send it in two parts.",
    "text_invalid": "That contains characters that cannot be kept. Remove them and send it again.",
    "turn_open": "The last turn is still being answered. Wait for it, or stop it first.",
    "turn_unknown": "That turn is not part of this session.",
    "client_id_reused": "That message was already sent with other words. Reload the page and send it again.",
}


class TurnRefusedError(RefusedError):
    """`code` is one of text_empty text_too_long text_invalid turn_open turn_unknown client_id_reused."""

    def __init__(self, code: str) -> None:
        super().__init__(code, _WORDS[code])


class EncounterEndedError(RefusedError):
    def __init__(self) -> None:
        super().__init__("encounter_ended", "This session has ended. You can read it, or start another.")
