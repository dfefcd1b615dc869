"""Addresses and secrets: made once, closed to others, told to those who need them."""

import os
import stat
from pathlib import Path

import pytest

from pixelated.supervise.errors import AlreadyRunningError, SuperviseError
from pixelated.supervise.private_files import Claim
from pixelated.supervise.processes import web_environment, worker_environment
from pixelated.supervise.surroundings import (
    LOCK,
    adopt_running_installation,
    leave_note,
    starting_environment,
)

ADDRESSES = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "INFERENCE_URL")
SECRETS = ("PIXELATED_SECRET_KEY", "PIXELATED_WORKER_SECRET", "PIXELATED_DEMO_PASSWORD")


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*ADDRESSES, *SECRETS, "PIXELATED_ROOT_KEY_FILE", "PIXELATED_DATA_DIR", "PIXELATED_ENGINE"):
        monkeypatch.delenv(name, raising=False)


def test_secrets_are_made_once_and_closed_to_others(tmp_path: Path) -> None:
    first = starting_environment(tmp_path, engine="worker")
    again = starting_environment(tmp_path, engine="worker")
    assert [first[name] for name in SECRETS] == [again[name] for name in SECRETS]
    assert len({first[name] for name in SECRETS}) == 3
    assert len(first["PIXELATED_SECRET_KEY"]) >= 40
    kept = tmp_path / "secrets" / "secrets.json"
    assert [stat.S_IMODE(path.stat().st_mode) for path in (kept, kept.parent)] == [0o600, 0o700]


def test_a_demo_password_given_by_the_person_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIXELATED_DEMO_PASSWORD", "willow-lane")
    assert starting_environment(tmp_path, engine="worker")["PIXELATED_DEMO_PASSWORD"] == "willow-lane"


def test_a_database_without_its_owner_is_refused_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://pixelated_app@db/pixelated")
    with pytest.raises(SuperviseError, match="DATABASE_OWNER_URL is not: migrations run as the owner"):
        starting_environment(tmp_path, engine="worker")


def test_a_worker_elsewhere_without_its_secret_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INFERENCE_URL", "http://gpu:8100")
    with pytest.raises(SuperviseError, match="set PIXELATED_WORKER_SECRET"):
        starting_environment(tmp_path, engine="worker")


def test_each_process_is_told_only_what_it_needs(tmp_path: Path) -> None:
    everything = {**starting_environment(tmp_path, engine="worker"), **dict.fromkeys(ADDRESSES, "somewhere")}
    told = {*ADDRESSES, *SECRETS, "PIXELATED_ROOT_KEY_FILE"}
    assert told & set(web_environment(everything)) == told - {"DATABASE_OWNER_URL", "PIXELATED_DEMO_PASSWORD"}
    assert told & set(worker_environment(everything)) == {"INFERENCE_URL", "PIXELATED_WORKER_SECRET"}


def test_a_command_finds_the_running_installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", dict(os.environ))
    claim = Claim(tmp_path / LOCK)
    leave_note(tmp_path, {"DATABASE_URL": "postgresql://here", "PATH": "/elsewhere"})
    before = os.environ["PATH"]

    adopt_running_installation(tmp_path)

    assert (os.environ["DATABASE_URL"], os.environ["PATH"]) == ("postgresql://here", before)
    assert stat.S_IMODE((tmp_path / "running.json").stat().st_mode) == 0o600
    claim.release()


def test_a_note_left_by_a_killed_installation_is_not_believed(tmp_path: Path) -> None:
    leave_note(tmp_path, {"DATABASE_URL": "postgresql://gone"})
    Claim(tmp_path / LOCK).release()
    adopt_running_installation(tmp_path)
    assert "DATABASE_URL" not in os.environ


def test_an_address_of_ones_own_is_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://mine")
    claim = Claim(tmp_path / LOCK)
    leave_note(tmp_path, {"DATABASE_URL": "postgresql://here"})
    adopt_running_installation(tmp_path)
    assert os.environ["DATABASE_URL"] == "postgresql://mine"
    claim.release()


def test_a_claim_tells_the_next_who_holds_it_and_is_free_after_release(tmp_path: Path) -> None:
    claim = Claim(tmp_path / LOCK)
    claim.note("http://127.0.0.1:8000/ (process 7).")
    with pytest.raises(AlreadyRunningError, match=r"http://127\.0\.0\.1:8000/ \(process 7\)\."):
        Claim(tmp_path / LOCK)
    claim.release()
    Claim(tmp_path / LOCK).release()
