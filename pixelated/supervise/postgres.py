"""A PostgreSQL of our own: made once, with passwords for everyone, started, and given its roles.

Reached only through a socket in a closed folder, and only with a password. Knows nothing of tables.
"""

import json
import os
import secrets
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from pixelated.supervise import roles
from pixelated.supervise.child import Child, ChildSpec
from pixelated.supervise.errors import AlreadyRunningError, DataUnreadableError
from pixelated.supervise.postgres_files import CLUSTER, SUPERUSER, binaries_for, make_cluster
from pixelated.supervise.private_files import Claim, write_private
from pixelated.supervise.quarters import settle, temporary_home

_PORT = "5432"  # Only names the socket; nothing listens on the network.
_PASSWORD_OWNERS = (SUPERUSER, roles.OWNER, roles.APP)
# What a person wrote must not reach a log: no statements, no parameters, no "Key (...)=(...)" details.
_SILENT = {
    "log_min_error_statement": "panic",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_error_verbosity": "terse",
    "log_statement": "none",
}
# Survives the end of the server, but not the end of the machine.
_HASTY = {"fsync": "off", "full_page_writes": "off"}


@dataclass(frozen=True)
class Addresses:
    """libpq URLs of one database, passwords included."""

    app_url: str
    owner_url: str
    admin_url: str


class EmbeddedPostgres:
    """One cluster in `data_dir`. Methods are called from one thread; that thread's end stops the server.

    `durable=False` trades safety at a power cut for speed; for tests only.
    """

    def __init__(self, data_dir: Path, *, durable: bool = True, log: Path | None = None) -> None:
        self._quarters = settle(data_dir, data=CLUSTER)
        self._cluster = self._quarters.home / CLUSTER
        self._binaries = binaries_for(self._quarters)
        self._durable = durable
        self._claim: Claim | None = None
        self._passwords = _passwords(self._quarters.asked / "passwords.json", cluster=self._cluster)
        self.child = Child(self._spec(log or self._quarters.asked / "postgres.log"))

    @property
    def pid(self) -> int | None:
        return self.child.pid

    def alive(self) -> bool:
        return self.child.alive()

    def addresses(self, database: str = roles.DATABASE) -> Addresses:
        return Addresses(*(self._url(user, database) for user in (roles.APP, roles.OWNER, SUPERUSER)))

    def start(self) -> Addresses:
        """Start, wait until it serves, and see that roles and the database are as they must be.

        Raises:
            AlreadyRunningError: when another process runs this cluster.
            DataUnreadableError, ServiceStartError: with the reason.
        """
        self.claim()
        self.child.spawn()
        try:
            self.child.wait_ready()
            return self.bootstrap()
        except BaseException:
            self.stop()
            raise

    def claim(self) -> None:
        """Hold the cluster for this process, and make it where it is not there."""
        if self._claim is None:
            try:
                self._claim = Claim(self._quarters.asked / "claim")
            except AlreadyRunningError:
                place = self._quarters.asked
                raise AlreadyRunningError(f"The PostgreSQL in {place} is run by another process.") from None
        password = self._passwords[SUPERUSER]
        make_cluster(self._quarters, self._binaries, password=password, durable=self._durable)

    def stop(self) -> None:
        """Stop it: sessions are ended, what was committed is on disk. Nothing to do where it does not run."""
        self.child.stop()
        if self._claim is not None:
            self._claim.release()
            self._claim = None

    def bootstrap(self) -> Addresses:
        """Set roles, passwords and rights; the same result however often it runs."""
        with self._admin("postgres") as connection:
            for statement in roles.role_statements():
                connection.execute(statement)
            for role in (roles.OWNER, roles.APP):
                # The verifier is made here, so that the password itself is in no statement.
                verifier = connection.pgconn.encrypt_password(
                    self._passwords[role].encode(), role.encode(), b"scram-sha-256"
                )
                change = sql.SQL("ALTER ROLE {} PASSWORD {}").format(
                    sql.Identifier(role), sql.Literal(verifier.decode())
                )
                connection.execute(change)
        self._run_in("template1", roles.schema_statements())
        return self.create_database(roles.DATABASE)

    def create_database(self, name: str) -> Addresses:
        """A database with our rights; one that is there is brought to them."""
        with self._admin("postgres") as connection:
            there = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone()
            if not there:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
            for statement in roles.database_statements(name):
                connection.execute(statement)
        self._run_in(name, roles.schema_statements())
        return self.addresses(name)

    def _run_in(self, database: str, statements: tuple[str, ...]) -> None:
        with self._admin(database) as connection:
            for statement in statements:
                connection.execute(statement)

    def _admin(self, database: str) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(self._url(SUPERUSER, database), autocommit=True, connect_timeout=10)

    def _url(self, user: str, database: str) -> str:
        folder = quote(str(self._quarters.socket_folder), safe="/")
        return f"postgresql://{user}:{self._passwords[user]}@/{quote(database)}?host={folder}&port={_PORT}"

    def _spec(self, log: Path) -> ChildSpec:
        options = {
            "listen_addresses": "",
            "unix_socket_directories": str(self._quarters.socket_folder),
            "unix_socket_permissions": "0700",
            "port": _PORT,
            "max_connections": "120",
            "password_encryption": "scram-sha-256",
            "timezone": "UTC",
            "log_timezone": "UTC",
            **_SILENT,
            **({} if self._durable else _HASTY),
        }
        binary = str(self._binaries / "postgres")
        arguments = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        return ChildSpec(
            name="PostgreSQL",
            argv=(binary, "-D", str(self._cluster), *arguments),
            log=log,
            environment={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
            ready=self._serves,
            prepare=self._prepare,
            account=self._quarters.account,
            stop_signal=signal.SIGINT,  # "Fast": SIGTERM would wait for every session to leave.
            ready_within_s=120.0,  # Recovery after a crash replays the log first.
        )

    def _prepare(self) -> None:
        self._quarters.open_socket_folder()
        end_leftovers(self._cluster)

    def _serves(self) -> bool:
        try:
            self._admin("postgres").close()
        except psycopg.OperationalError:
            return False
        return True


def end_leftovers(cluster: Path, *, patience_s: float = 5.0) -> None:
    """Wait for processes of an earlier server on this cluster to end by themselves, then end them.

    After kill -9 of the server its children notice and leave, but a server will not start while one is
    there. Only processes working in this very folder are touched: PostgreSQL's always do. A pid file that
    outlived its server is removed: after a power cut its number may be another program's, and the server
    would refuse to start. Without a /proc to look in, nothing is done; PostgreSQL checks for itself.
    """
    if not Path("/proc/self").exists():
        return
    deadline = time.monotonic() + patience_s
    while (processes := _working_in(cluster)) and time.monotonic() < deadline:
        time.sleep(0.05)
    for pid in processes:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    while _working_in(cluster) and time.monotonic() < deadline + patience_s:
        time.sleep(0.05)
    (cluster / "postmaster.pid").unlink(missing_ok=True)


def _working_in(folder: Path) -> list[int]:
    """Processes whose working folder this is, of those we may look at."""
    found = []
    folder = folder.resolve()
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if (entry / "cwd").readlink() == folder:
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def _passwords(path: Path, *, cluster: Path) -> dict[str, str]:
    """The passwords of the roles that log in; made before the cluster that needs them."""
    if path.is_file():
        return json.loads(path.read_text())
    if cluster.exists():
        raise DataUnreadableError(
            f"{path} is missing, and nobody can open {cluster} without it."
            f" Restore it from a backup, or begin anew: remove {cluster.parent} and {path.parent}."
        )
    made = {name: secrets.token_urlsafe(32) for name in _PASSWORD_OWNERS}
    write_private(path, json.dumps(made, indent=1))
    return made


@contextmanager
def temporary_postgres() -> Iterator[EmbeddedPostgres]:
    """A cluster for tests: started, fast, gone at the end."""
    with temporary_home() as home:
        server = EmbeddedPostgres(home, durable=False)
        try:
            server.start()
            yield server
        finally:
            server.stop()
