"""`manage.py root_key`."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from apps.vault.keys.local_file import read_key_file


def test_root_key_makes_a_production_file_then_adds_versions(tmp_path: Path) -> None:
    path, said = tmp_path / "root.json", StringIO()

    call_command("root_key", path, stdout=said)
    call_command("root_key", path, stdout=said)

    assert read_key_file(path).made_for == "production"
    assert [line.split(".")[1] for line in said.getvalue().splitlines()] == [
        "json holds version 1",
        "json holds version 2",
    ]


def test_root_key_does_not_touch_a_file_it_cannot_read(tmp_path: Path) -> None:
    path = tmp_path / "root.json"
    path.write_text("not a key")
    path.chmod(0o600)

    with pytest.raises(CommandError, match="damaged"):
        call_command("root_key", path)

    assert path.read_text() == "not a key"
