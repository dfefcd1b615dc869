"""Where a service of ours lives: its account, its folder, its socket's folder. Knows nothing of which service it is.

Root's services run under an account without rights. Where that account cannot reach the folder meant for them, they
live under /var/lib instead; nobody's folders are opened for it.
"""

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pixelated.supervise.account import Account, everyone_can_enter, own, reachable_twin, service_account
from pixelated.supervise.private_files import private_folder

# A socket's path may have 108 bytes, elsewhere 104; a service adds a file name such as ".s.PGSQL.5432.lock".
_LONGEST_SOCKET_FOLDER = 80


@dataclass(frozen=True)
class Quarters:
    """`asked` is the folder meant for the service and holds what only we read; `home` is where it lives."""

    asked: Path
    home: Path
    account: Account | None

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

    def runnable(self, origin: Path, *, version: str, skipped: tuple[str, ...] = ()) -> Path:
        """The file or folder of binaries, or a copy where the account can run it; copied once a version.

        Copies with the same version lie beside each other, as their origins do.
        """
        if self.account is None or everyone_can_enter(origin.parent):
            return origin
        twin = private_folder(reachable_twin(self.asked), mode=0o711)
        shelf = private_folder(twin / f"run-{version}", mode=0o711)
        target = shelf / origin.name
        if not target.exists():
            making = shelf / f"making-{secrets.token_hex(4)}"
            if origin.is_dir():
                shutil.copytree(origin, making, ignore=shutil.ignore_patterns(*skipped))
            else:
                shutil.copy2(origin, making)
            _let_everyone_run(making)
            making.rename(target)
        return target


def settle(folder: Path, *, data: str = "data") -> Quarters:
    """Decide where the service lives and make the folder; `data` names what it keeps there.

    Data that exist keep the account that owns them.
    """
    folder = folder.absolute()
    twin = reachable_twin(folder)
    account = service_account(twin / data) or service_account(folder / data)
    if account is None:
        return Quarters(folder, private_folder(folder), None)
    private_folder(folder, mode=0o711)
    home = folder if everyone_can_enter(folder) else private_folder(twin, mode=0o711)
    return Quarters(folder, home, account)


def _short_socket_folder(note: Path, account: Account | None) -> Path:
    """A folder with a short path for a home whose own path is too long; the note remembers it.

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


def _let_everyone_run(copy: Path) -> None:
    """Our own copy of public binaries, which a careful umask may have closed."""
    for path in (copy, *copy.rglob("*")):
        runnable = path.is_dir() or path.stat().st_mode & 0o100
        path.chmod(0o755 if runnable else 0o644)


@contextmanager
def temporary_home() -> Iterator[Path]:
    """A folder for a test's service that every account can enter, gone at the end."""
    home = Path(tempfile.mkdtemp(prefix="pixelated-test-", dir="/tmp"))
    home.chmod(0o711)
    try:
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)
