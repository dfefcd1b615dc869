"""The root key in a file."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pytest_django import Settings

from apps.vault.errors import KeyServiceError
from apps.vault.keys.local_file import LocalFile, add_version, read_key_file, root_key

SECRET = b"s" * 32


def test_development_makes_the_file_at_first_use_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "root.json"
    root = LocalFile(path, may_make=True)

    wrapped = root.wrap(SECRET, bound_to=b"row")

    assert root.unwrap(wrapped, bound_to=b"row") == SECRET
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert read_key_file(path).made_for == "development"
    assert [child.name for child in path.parent.iterdir()] == ["root.json"]


def test_production_never_makes_a_file(tmp_path: Path) -> None:
    path = tmp_path / "root.json"

    with pytest.raises(KeyServiceError, match="PIXELATED_ROOT_KEY_FILE"):
        LocalFile(path, may_make=False).wrap(SECRET, bound_to=b"row")

    assert not path.exists()


def test_unwrapping_never_makes_a_file(tmp_path: Path) -> None:
    root = LocalFile(tmp_path / "root.json", may_make=True)
    wrapped = root.wrap(SECRET, bound_to=b"row")
    root.path.unlink()

    with pytest.raises(KeyServiceError):
        root.unwrap(wrapped, bound_to=b"row")

    assert not root.path.exists()


def test_many_that_make_the_file_at_once_agree_on_one_key(tmp_path: Path) -> None:
    root = LocalFile(tmp_path / "root.json", may_make=True)

    with ThreadPoolExecutor(8) as pool:
        wrapped = list(pool.map(lambda _: root.wrap(SECRET, bound_to=b"row"), range(16)))

    assert [root.unwrap(one, bound_to=b"row") for one in wrapped] == [SECRET] * 16


def test_an_added_version_wraps_and_the_older_still_unwraps(tmp_path: Path) -> None:
    path = tmp_path / "root.json"
    root = LocalFile(path, may_make=False)
    assert add_version(path, made_for="production") == 1
    old = root.wrap(SECRET, bound_to=b"row")

    assert add_version(path, made_for="development") == 2

    assert root.wrap(SECRET, bound_to=b"row").version == 2
    assert root.unwrap(old, bound_to=b"row") == SECRET
    assert read_key_file(path).made_for == "production"
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_file_open_to_others_is_refused_with_the_way_to_mend_it(tmp_path: Path) -> None:
    path = tmp_path / "root.json"
    add_version(path, made_for="production")
    path.chmod(0o640)

    with pytest.raises(KeyServiceError, match="chmod 600"):
        read_key_file(path)


@pytest.mark.parametrize(
    "change",
    [
        {"versions": {}},
        {"versions": {"1": "c2hvcnQ="}},
        {"versions": {"1": "§"}},
        {"versions": {"one": "x"}},
        {"versions": []},
        {"min_decrypt_version": "x"},
        {"made_for": None, "format": 2},
    ],
)
def test_a_damaged_file_is_refused(tmp_path: Path, change: dict[str, object]) -> None:
    path = tmp_path / "root.json"
    add_version(path, made_for="production")
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))

    with pytest.raises(KeyServiceError, match="damaged|format"):
        read_key_file(path)


def test_a_file_cut_short_is_refused_without_showing_what_is_in_it(tmp_path: Path) -> None:
    path = tmp_path / "root.json"
    add_version(path, made_for="production")
    path.write_text(path.read_text()[:-10])

    with pytest.raises(KeyServiceError, match="damaged") as refused:
        read_key_file(path)

    assert refused.value.__context__ is None


def test_settings_say_where_the_file_is_and_production_may_not_make_it(settings: Settings) -> None:
    settings.ROOT_KEY_FILE = "/keys/root.json"
    settings.PRODUCTION = True

    assert root_key() == LocalFile(Path("/keys/root.json"), may_make=False)
