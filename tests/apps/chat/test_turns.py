from uuid import UUID

import pytest

from apps.chat import turns
from apps.chat.frames import Send
from apps.core.organisation import acting_for
from apps.encounters.models import Encounter
from tests.cast import CastMember

CLIENT_ID = UUID("11111111-1111-4111-8111-111111111111")


def begun(encounter: Encounter, member: CastMember, send: Send) -> turns.Begun:
    with acting_for(encounter.organisation_id):
        return turns.begin(member.actor, encounter.pk, send)


def test_a_repeat_is_told_the_first_acceptance_however_long_the_talk_was_before(
    encounter: Encounter, ada: CastMember, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.encounters.queries.PAGE", 1)  # As if the talk before it filled the first page.
    send = Send(CLIENT_ID, "What brings you here?", parent_id=None, continues=True)
    first = begun(encounter, ada, send)
    again = begun(encounter, ada, send)
    assert (again.heard, again.frames) == (None, first.frames[:1])
    assert again.frames[0]["client_id"] == str(CLIENT_ID)
