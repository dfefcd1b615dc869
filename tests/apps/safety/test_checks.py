from datetime import date, timedelta

from apps.safety.checks import help_line_messages
from apps.safety.resources import help_lines

LATEST = max(line.last_checked for line in help_lines())


def test_lines_looked_over_lately_are_no_error_and_unconfirmed_ones_a_warning() -> None:
    messages = help_line_messages(LATEST)
    assert [message.id for message in messages] == ["safety.W001"]
    assert "Samaritans (GB)" in messages[0].msg


def test_lines_fail_the_check_after_180_days() -> None:
    oldest = min(line.last_checked for line in help_lines())
    ids = {days: [m.id for m in help_line_messages(oldest + timedelta(days=days))] for days in (180, 181)}
    assert ids == {180: ["safety.W001"], 181: ["safety.E001", "safety.W001"]}


def test_the_day_is_the_callers() -> None:
    assert "safety.E001" in {message.id for message in help_line_messages(date(2099, 1, 1))}
