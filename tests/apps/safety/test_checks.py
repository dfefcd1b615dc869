from datetime import date, timedelta

import pytest

from apps.safety.checks import help_line_messages, policy_messages
from apps.safety.policy_table import FILE, policy_table, read_table
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


def test_the_policy_as_it_is_passes_the_check() -> None:
    assert policy_messages(policy_table()) == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("slur = 0.5", "slurr = 0.5"), '"slurr" is no kind'),
        (('bias = ["bias"]', 'bias = ["biased"]'), '"bias" is no kind'),
        (("[heard.support.any]", "[heard.suport.any]"), '"heard.suport" is no situation'),
        (('"slur",', ""), '"slur" is stated by a detector and not in the policy'),
        (("[scenario]", "[scenario.nobody.heard.practice.any]"), 'no client is called "nobody"'),
    ],
)
def test_the_policy_is_refused_where_it_names_what_nobody_knows(
    change: tuple[str, str], message: str
) -> None:
    source = FILE.read_text(encoding="utf-8")
    assert change[0] in source
    if "suport" in message:
        source = source.replace('api = "support"', 'api = "suport"')
    messages = policy_messages(read_table(source.replace(*change)))
    assert {m.id for m in messages} == {"safety.E002"}
    assert any(message in m.msg for m in messages)
