"""`manage.py audit_check`."""

from collections.abc import Callable, Iterator
from io import StringIO

import psycopg
import pytest
from django.core.management import call_command

Connection = psycopg.Connection[tuple[object, ...]]

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])


@pytest.fixture
def broken(app: Connection, superuser: Connection, write: Callable[..., int]) -> Iterator[int]:
    """Thirty entries changed past the guards; put right after the test."""
    for _ in range(30):
        number = write(app)
    change = "UPDATE audit.entry SET at = at {} interval '1 hour' WHERE seq > {}"
    superuser.execute("ALTER TABLE audit.entry DISABLE TRIGGER entry_stays")
    superuser.execute(change.format("+", number - 30))
    yield number
    superuser.execute(change.format("-", number - 30))
    superuser.execute("ALTER TABLE audit.entry ENABLE ALWAYS TRIGGER entry_stays")


def test_audit_check_says_a_sound_log_is_sound(app: Connection, write: Callable[..., int]) -> None:
    number, said = write(app), StringIO()

    call_command("audit_check", stdout=said)

    assert said.getvalue().startswith(f"{number} entries, head ")
    assert said.getvalue().endswith(": sound\n")


def test_audit_check_names_where_a_log_was_tampered_with_and_exits_1(broken: int) -> None:
    said = StringIO()

    with pytest.raises(SystemExit) as ended:
        call_command("audit_check", stdout=said)

    lines = said.getvalue().splitlines()
    assert ended.value.code == 1
    assert lines[0] == f"entry {broken - 29}: columns"
    assert lines[20] == "and 10 more"
    assert lines[21].endswith("TAMPERED WITH")
