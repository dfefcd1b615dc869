from uuid import uuid4

import pytest

from apps.chat.frames import finished_frame
from apps.encounters.enums import TurnStatus
from apps.encounters.models import Turn

TOLD = {"ledger": {"reason": "Advice without permission: discord +8, he argues"}, "coach": None}


@pytest.mark.parametrize(
    ("status", "counts"),
    [
        (TurnStatus.ANSWERED, True),
        (TurnStatus.REPLACED, True),
        (TurnStatus.STOPPED, True),
        (TurnStatus.FAILED, False),
        (TurnStatus.CANCELLED, False),
    ],
)
def test_a_turn_that_did_not_count_tells_of_no_effect(status: TurnStatus, counts: bool) -> None:
    frame = finished_frame(Turn(id=uuid4(), status=status, timings={}), told=TOLD, seq=4)
    assert frame["ledger"] == (TOLD["ledger"] if counts else None)
