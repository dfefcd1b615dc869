"""Listens to encounters that moved on without a socket, and tells those who follow them."""

from uuid import UUID

from django.dispatch import receiver

from apps.chat.bus import spread_word
from apps.encounters.signals import moved_on


@receiver(moved_on)
def encounter_moved_on(sender: object, encounter_id: UUID, seq: int, **kwargs: object) -> None:
    spread_word(encounter_id, seq)
