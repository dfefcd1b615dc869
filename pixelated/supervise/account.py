"""Which account of this machine a service runs under. Knows nothing of the services.

PostgreSQL refuses to run as root, and no service needs root. Started by root, services therefore run as an
account without rights; started by anyone else, as that person.
"""

import hashlib
import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path

# The first that exists is used. `pixelated` is for an operator who wants an account of its own.
_CANDIDATES = ("pixelated", "postgres", "nobody")


@dataclass(frozen=True)
class Account:
    """A user and group of this machine."""

    user: int
    group: int


def service_account(data: Path | None = None) -> Account | None:
    """The account to change to, or None to stay who we are.

    Data that exist keep the account that owns them, so that an account added later takes nothing over.
    """
    if os.geteuid() != 0:
        return None
    if data is not None and data.exists():
        owner = data.stat()
        if owner.st_uid != 0:
            return Account(owner.st_uid, owner.st_gid)
    for name in _CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            return Account(entry.pw_uid, entry.pw_gid)
    raise LookupError(
        "Started as root, and this machine has no unprivileged account; add one named pixelated."
    )


def own(path: Path, account: Account | None) -> None:
    """Give the path to the account; nothing to do where we stay who we are."""
    if account is not None:
        os.chown(path, account.user, account.group)


def everyone_can_enter(path: Path) -> bool:
    """Whether an account without rights could reach what lies in this folder, or in the part of it that
    exists.
    """
    folders = [folder for folder in (path, *path.parents) if folder.exists()]
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in folders)


def reachable_twin(path: Path) -> Path:
    """A folder under /var/lib that stands in for one that lies behind a closed door, the same each time.

    /root is usually closed to others and it is not ours to open; only root can write in /var/lib.
    """
    digest = hashlib.sha256(str(path).encode()).hexdigest()[:12]
    return Path("/var/lib") / f"pixelated-{digest}"
