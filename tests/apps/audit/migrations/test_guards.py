"""The log's guards in the database: what each role is refused, and what the chain still shows after a superuser."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import errors

from apps.audit.chain import Fault, FaultKind, Link, entry_hash, faults
from apps.audit.reading import read_entries, read_head

Connection = psycopg.Connection[tuple[object, ...]]
Write = Callable[..., int]

TAMPERING = {
    "insert": "INSERT INTO audit.entry VALUES (999999, now(), NULL, '{}', decode(repeat('00',32),'hex'),"
    " decode(repeat('00',32),'hex'))",
    "update": "UPDATE audit.entry SET body = '{}'",
    "delete": "DELETE FROM audit.entry",
    "truncate": "TRUNCATE audit.entry",
    "lock": "BEGIN; LOCK TABLE audit.entry IN EXCLUSIVE MODE",
    "drop table": "DROP TABLE audit.entry",
    "drop schema": "DROP SCHEMA audit CASCADE",
    "disable triggers": "ALTER TABLE audit.entry DISABLE TRIGGER ALL",
    "drop trigger": "DROP TRIGGER entry_stays ON audit.entry",
    "disable wall": "ALTER TABLE audit.entry DISABLE ROW LEVEL SECURITY",
    "drop policy": "DROP POLICY own_organisation ON audit.entry",
    "replace function": "CREATE OR REPLACE FUNCTION audit.append(body bytea, organisation uuid) RETURNS bigint"
    " LANGUAGE sql AS 'SELECT 1::bigint'",
    "alter function": "ALTER FUNCTION audit.append(bytea, uuid) SECURITY INVOKER",
    "create in schema": "CREATE TABLE audit.other ()",
    "read head": "SELECT * FROM audit.head",
    "move head": "UPDATE audit.head SET seq = 0",
    "clear head": "DELETE FROM audit.head",
    "call guard": "SELECT audit.refuse()",
    "replication role": "SET session_replication_role = replica",
    "become audit": "SET ROLE pixelated_audit",
    "become owner": "SET ROLE pixelated_owner",
    "own": "ALTER TABLE audit.entry OWNER TO pixelated_app",
}


@pytest.fixture
def tampering(superuser: Connection) -> Iterator[Connection]:
    """A superuser in a transaction that is rolled back after the test, so that the log goes on sound."""
    superuser.autocommit = False
    yield superuser
    superuser.rollback()


def found_by_the_chain(connection: Connection) -> list[Fault]:
    return list(faults(read_entries(connection), head=read_head(connection)))


@pytest.mark.parametrize("statement", TAMPERING.values(), ids=TAMPERING.keys())
def test_the_application_is_refused(app: Connection, owner: Connection, write: Write, statement: str) -> None:
    write(app)
    before = read_head(owner)

    with pytest.raises(errors.InsufficientPrivilege):
        app.execute(statement)

    assert read_head(owner) == before
    assert found_by_the_chain(owner) == []


def test_the_application_may_read_entries_and_append_and_give_itself_nothing_more(app: Connection) -> None:
    app.execute("GRANT ALL ON audit.entry TO pixelated_app")  # PostgreSQL warns and grants nothing.

    held = app.execute(
        "SELECT table_name, privilege_type FROM information_schema.role_table_grants WHERE table_schema = 'audit'"
    ).fetchall()
    assert held == [("entry", "SELECT")]


@pytest.mark.parametrize("name", ["insert", "update", "delete", "truncate", "move head", "drop table"])
def test_the_owner_is_refused_as_itself(owner: Connection, app: Connection, write: Write, name: str) -> None:
    write(app)

    with pytest.raises(errors.InsufficientPrivilege):
        owner.execute(TAMPERING[name])


@pytest.mark.parametrize("role", ["superuser", "replica", "audit"])
@pytest.mark.parametrize("name", ["update", "delete", "truncate", "move head", "clear head"])
def test_triggers_refuse_those_whom_no_grant_stops(
    tampering: Connection, app: Connection, write: Write, role: str, name: str
) -> None:
    write(app)
    before = read_head(tampering)
    if role == "replica":
        tampering.execute("SET LOCAL session_replication_role = replica")
    if role == "audit":
        tampering.execute("SET LOCAL ROLE pixelated_audit; ALTER TABLE audit.entry NO FORCE ROW LEVEL SECURITY")

    with pytest.raises(errors.RestrictViolation), tampering.transaction():
        tampering.execute(TAMPERING[name])

    assert read_head(tampering) == before
    assert found_by_the_chain(tampering) == []


def test_a_second_head_and_a_truncated_head_are_refused(tampering: Connection) -> None:
    for statement in ("INSERT INTO audit.head SELECT false, seq, hash FROM audit.head", "TRUNCATE audit.head"):
        with pytest.raises(errors.RestrictViolation), tampering.transaction():
            tampering.execute(statement)


def test_the_head_does_not_move_past_an_entry_that_is_not_there(tampering: Connection) -> None:
    with pytest.raises(errors.RestrictViolation, match="next entry only"):
        tampering.execute("UPDATE audit.head SET seq = seq + 1")


def test_every_guard_is_always_enabled(owner: Connection) -> None:
    rows = owner.execute(
        "SELECT tgname, tgenabled FROM pg_trigger WHERE NOT tgisinternal"
        " AND tgrelid IN ('audit.entry'::regclass, 'audit.head'::regclass)"
    ).fetchall()

    assert dict(rows) == dict.fromkeys(
        ("entry_stays", "entries_stay", "head_follows", "head_stays", "head_is_not_cleared"), "A"
    )


def test_nobody_else_may_append(owner: Connection) -> None:
    may = "SELECT has_function_privilege(%s, 'audit.append(bytea, uuid)', 'EXECUTE')"

    assert [owner.execute(may, [role]).fetchone()[0] for role in ("pixelated_app", "pixelated_owner")] == [True, False]
    assert owner.execute("SELECT has_schema_privilege('public', 'audit', 'USAGE')").fetchone() == (False,)


@pytest.mark.parametrize(
    ("change", "kinds"),
    [
        ("UPDATE audit.entry SET body = replace(encode(body, 'escape'), 'viewed', 'listed')::bytea", {FaultKind.HASH}),
        ("UPDATE audit.entry SET at = at - interval '1 day'", {FaultKind.COLUMNS}),
        ("UPDATE audit.entry SET organisation_id = gen_random_uuid()", {FaultKind.COLUMNS}),
        ("UPDATE audit.entry SET prev = sha256(prev)", {FaultKind.PREVIOUS, FaultKind.HASH}),
        ("UPDATE audit.entry SET seq = seq + 1000000", {FaultKind.GAP, FaultKind.HASH, FaultKind.PREVIOUS}),
        ("DELETE FROM audit.entry", {FaultKind.GAP, FaultKind.PREVIOUS}),
    ],
)
def test_what_a_superuser_changes_past_the_guards_breaks_the_chain(
    tampering: Connection, app: Connection, write: Write, change: str, kinds: set[FaultKind]
) -> None:
    for _ in range(3):
        number = write(app)
    assert found_by_the_chain(tampering) == []

    tampering.execute("ALTER TABLE audit.entry DISABLE TRIGGER ALL")
    tampering.execute(f"{change} WHERE seq = {number - 1}")

    assert kinds <= {fault.kind for fault in found_by_the_chain(tampering)}


def test_a_cut_tail_is_seen_by_the_head(tampering: Connection, app: Connection, write: Write) -> None:
    number = write(app)

    tampering.execute("ALTER TABLE audit.entry DISABLE TRIGGER ALL")
    tampering.execute("DELETE FROM audit.entry WHERE seq = %s", [number])

    assert found_by_the_chain(tampering) == [Fault(number - 1, FaultKind.HEAD)]


def test_the_database_and_python_compute_the_same_hash(app: Connection, owner: Connection, write: Write) -> None:
    before = read_head(owner)
    number = write(app, uuid4())

    [entry] = read_entries(owner, after_seq=before.seq)

    assert entry.seq == number == before.seq + 1
    assert entry.prev == before.hash
    assert entry.hash == entry_hash(before.hash, number, entry.body)
    assert read_head(owner) == Link(number, entry.hash)


def test_a_roll_back_leaves_no_gap(app: Connection, owner: Connection, write: Write) -> None:
    before = read_head(owner)

    with pytest.raises(LookupError), app.transaction():
        assert write(app) == before.seq + 1
        raise LookupError

    assert read_head(owner) == before
    assert write(app) == before.seq + 1
    assert found_by_the_chain(owner) == []


def test_appends_from_many_connections_make_one_chain(
    connect: Callable[[str], Connection], database_addresses: object, owner: Connection, write: Write
) -> None:
    before = read_head(owner)

    def work(number: int) -> list[int]:
        connection = connect(database_addresses.app_url)
        numbers = []
        for step in range(25):
            with connection.transaction(force_rollback=step % 5 == number):
                numbers.append(write(connection))
        return numbers

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))

    assert read_head(owner).seq == before.seq + 4 * 20
    assert found_by_the_chain(owner) == []


def test_an_append_does_not_wait_for_ever_behind_an_open_transaction(
    app: Connection, connect: Callable[[str], Connection], database_addresses: object, write: Write
) -> None:
    other = connect(database_addresses.app_url)

    with app.transaction():
        write(app)
        with pytest.raises(errors.LockNotAvailable):
            write(other)

    assert write(other)


def test_the_application_reads_its_organisation_s_entries_alone(app: Connection, write: Write) -> None:
    here, elsewhere = uuid4(), uuid4()
    own = write(app, here)
    for organisation_id in (elsewhere, None):
        write(app, organisation_id)

    def seen(organisation_id: UUID | None) -> list[tuple[object, ...]]:
        with app.transaction():
            if organisation_id:
                app.execute("SELECT set_config('pixelated.organisation', %s, true)", [str(organisation_id)])
            return app.execute("SELECT seq, organisation_id FROM audit.entry").fetchall()

    assert seen(here) == [(own, here)]
    assert len(seen(elsewhere)) == 1
    assert seen(uuid4()) == seen(None) == []


@pytest.mark.parametrize(
    ("body", "organisation"),
    [
        (b'{"at":"2026-01-01T00:00:00.000000Z","organisation":null}', UUID(int=1)),
        (
            b'{"at":"2026-01-01T00:00:00.000000Z","organisation":"00000000-0000-0000-0000-000000000002"}',
            UUID(int=1),
        ),
        (b'{"at":"2026-01-01T00:00:00.000000Z"}', None),
        (b'{"at":"yesterday","organisation":null}', None),
        (b'{"at":"2026-01-01T24:00:00.000000Z","organisation":null}', None),
        (b'{"at":"2026-02-30T00:00:00.000000Z","organisation":null}', None),
        (b'{"at":null,"organisation":null}', None),
        (b'{"organisation":null}', None),
        (b"[]", None),
        (b"not json", None),
        (b"\xff\xfe", None),
        (b'{"at":"2026-01-01T00:00:00.000000Z","detail":"' + b"x" * 70_000 + b'","organisation":null}', None),
    ],
)
def test_a_body_that_contradicts_its_entry_is_refused(
    app: Connection, owner: Connection, body: bytes, organisation: UUID | None
) -> None:
    before = read_head(owner)

    with pytest.raises(psycopg.Error):
        app.execute("SELECT audit.append(%s, %s)", [body, organisation])

    assert read_head(owner) == before


def test_objects_of_the_caller_do_not_stand_in_for_the_log_s(
    superuser: Connection, owner: Connection, write: Write
) -> None:
    """Whoever may make temporary tables cannot make the function write into them."""
    before = read_head(owner)
    superuser.execute("CREATE TEMP TABLE head (seq bigint, hash bytea); CREATE TEMP TABLE entry (seq bigint)")
    superuser.execute("SET search_path = pg_temp, audit")
    write(superuser)

    assert read_head(owner).seq == before.seq + 1
