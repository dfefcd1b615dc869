"""Seals and unseals what was said, each word bound to its row and place. The only module here that touches keys."""

import unicodedata
from uuid import UUID

from apps.encounters.errors import MAX_CHARACTERS, TurnRefusedError
from apps.encounters.models import Encounter, Segment, Turn, Utterance
from apps.vault import services as vault
from apps.vault.sealing import Place


def acceptable(text: str) -> str:
    """What a person sent, as it may be kept: stripped at the ends, in Unicode's composed form.

    Raises:
        TurnRefusedError: text_empty, text_too_long (in characters, before and after composing), or text_invalid (NUL
            and other control characters, lone surrogates).
    """
    if len(text) > MAX_CHARACTERS:
        raise TurnRefusedError("text_too_long")
    if any(unicodedata.category(letter) in ("Cc", "Cs") and letter not in "\n\r\t" for letter in text):
        raise TurnRefusedError("text_invalid")
    kept = unicodedata.normalize("NFC", text).replace("\r\n", "\n").strip()
    if not any(unicodedata.category(letter)[0] not in "ZCM" for letter in kept):
        raise TurnRefusedError("text_empty")
    if len(kept) > MAX_CHARACTERS:
        raise TurnRefusedError("text_too_long")
    return kept


def turn_place(turn: Turn) -> Place:
    return _place("encounters_turn", turn.pk, turn.organisation_id, turn.encounter_id, turn.n, "person")


def segment_place(segment: Segment, *, encounter_id: UUID) -> Place:
    return _place(
        "encounters_segment", segment.pk, segment.organisation_id, encounter_id, segment.n, "persona"
    )


def utterance_place(utterance: Utterance) -> Place:
    return _place(
        "encounters_utterance",
        utterance.pk,
        utterance.organisation_id,
        utterance.encounter_id,
        0,
        utterance.kind,
    )


def _place(table: str, row: UUID, organisation: UUID, encounter: UUID, position: int, role: str) -> Place:
    return Place(
        organisation=organisation,
        table=table,
        column="text_sealed",
        row=row,
        encounter=encounter,
        position=position,
        author_role=role,
    )


def seal_for(encounter: Encounter, text: str, *, place: Place) -> bytes:
    return vault.seal(text, data_key_id=encounter.data_key_id, place=place)


def said_in(turn: Turn) -> str:
    """The person's words of a turn."""
    return vault.unseal(bytes(turn.text_sealed), place=turn_place(turn))


def shown_in(segment: Segment, *, encounter_id: UUID) -> str:
    return vault.unseal(bytes(segment.text_sealed), place=segment_place(segment, encounter_id=encounter_id))


def uttered(utterance: Utterance) -> str:
    return vault.unseal(bytes(utterance.text_sealed), place=utterance_place(utterance))
