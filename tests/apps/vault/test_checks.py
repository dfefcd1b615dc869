"""Production starts with a root key made for it."""

from base64 import b64encode
from pathlib import Path

import pytest
from pytest_django import Settings

from apps.vault.checks import (
    deployment_has_its_own_root_key,
    production_has_its_own_root_key,
    root_key_problems,
)
from apps.vault.keys.local_file import add_version


@pytest.fixture
def key_file(tmp_path: Path, settings: Settings) -> Path:
    settings.DATA_DIR = tmp_path / "var"
    settings.ROOT_KEY_FILE = str(tmp_path / "keys" / "root.json")
    return Path(settings.ROOT_KEY_FILE)


def ids() -> list[str]:
    return [problem.id for problem in root_key_problems()]


def test_a_production_key_away_from_the_data_is_fine(key_file: Path) -> None:
    add_version(key_file, made_for="production")

    assert ids() == []


def test_a_missing_file_is_a_problem(key_file: Path) -> None:
    assert ids() == ["vault.E001"]


def test_a_key_made_for_development_is_a_problem(key_file: Path) -> None:
    add_version(key_file, made_for="development")

    assert ids() == ["vault.E002"]


def test_a_key_in_the_data_directory_is_a_problem(settings: Settings, key_file: Path) -> None:
    settings.ROOT_KEY_FILE = str(settings.DATA_DIR / "keys" / "root.json")
    add_version(Path(settings.ROOT_KEY_FILE), made_for="production")

    assert ids() == ["vault.E003"]


def test_an_environment_without_its_key_is_a_problem(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.ROOT_KEY_PROVIDER = "environment"
    monkeypatch.delenv("PIXELATED_ROOT_KEYS", raising=False)
    assert ids() == ["vault.E001"]

    monkeypatch.setenv("PIXELATED_ROOT_KEYS", f"1:{b64encode(bytes(32)).decode()}")
    assert ids() == []


@pytest.mark.parametrize("production", [True, False])
def test_problems_are_told_once_always_in_production_else_by_deploy(
    settings: Settings, key_file: Path, production: bool
) -> None:
    settings.PRODUCTION = production

    always = production_has_its_own_root_key(None)
    by_deploy = deployment_has_its_own_root_key(None)

    assert (bool(always), bool(by_deploy)) == (production, not production)
