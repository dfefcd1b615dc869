"""`manage.py simulate`, also as a process of its own with nothing else running."""

import json
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from apps.scenarios.library import slugs

ROOT = Path(__file__).parents[5]
LISTENING = [
    "It stings to be sent here without anybody asking you.",
    "What has this been like for you?",
    "You're tired of being told what to do.",
    "How would you want things to be different?",
    "It sounds like you have been carrying this on your own.",
    "What matters most to you in all this?",
]
FIGHTING = [
    "You're in denial about this.",
    "You have to stop making excuses.",
    "That's not true and you know it.",
    "If you carry on like this you will end up alone.",
    "You are being irresponsible.",
    "You're lying to yourself and everybody else.",
]


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "script.jsonl"
    path.write_text("\n".join(json.dumps({"text": text}) for text in LISTENING), encoding="utf-8")
    return path


def simulate(*arguments: object) -> str:
    out = StringIO()
    call_command("simulate", *map(str, arguments), stdout=out)
    return out.getvalue()


def written(tmp_path: Path, slug: str, texts: list[str], *, seed: int = 1) -> dict:
    script, out = tmp_path / "said.jsonl", tmp_path / "out.json"
    script.write_text("\n".join(json.dumps({"text": text}) for text in texts), encoding="utf-8")
    simulate(slug, "--script", script, "--seed", seed, "--engine", "none", "--json", out)
    return json.loads(out.read_text(encoding="utf-8"))


@pytest.mark.parametrize("slug", slugs())
@pytest.mark.parametrize("seed", [1, 2])
def test_six_turns_of_listening_end_with_more_trust_when_the_coder_reads_the_words(
    tmp_path: Path, slug: str, seed: int
) -> None:
    session = written(tmp_path, slug, LISTENING, seed=seed)

    assert session["turns"][-1]["state"]["trust"] > session["initial"]["trust"]


@pytest.mark.parametrize("slug", slugs())
@pytest.mark.parametrize("seed", [1, 2])
def test_six_turns_of_fighting_end_with_more_discord_and_no_more_readiness_when_the_coder_reads_the_words(
    tmp_path: Path, slug: str, seed: int
) -> None:
    session = written(tmp_path, slug, FIGHTING, seed=seed)

    assert session["turns"][-1]["state"]["discord"] > session["initial"]["discord"]
    assert session["turns"][-1]["state"]["readiness"] <= session["initial"]["readiness"]


def test_the_same_words_and_seed_write_the_same_file(tmp_path: Path) -> None:
    assert written(tmp_path, "marcus-bell", LISTENING) == written(tmp_path, "marcus-bell", LISTENING)


def test_list_names_every_client_of_the_library() -> None:
    shown = simulate("--list")

    assert [line.split()[0] for line in shown.splitlines()] == sorted(
        slugs(), key=lambda slug: [line.split()[0] for line in shown.splitlines()].index(slug)
    )
    assert len(shown.splitlines()) == len(slugs())


def test_without_a_file_to_write_the_session_is_printed(script: Path) -> None:
    shown = simulate("marcus-bell", "--script", script, "--seed", 1)

    assert "Therapist: What has this been like for you?" in shown
    assert "Marcus: " in shown


def test_an_unknown_client_is_refused_with_the_nearest_name(script: Path) -> None:
    with pytest.raises(CommandError, match='did you mean "marcus-bell"'):
        simulate("marcus-bel", "--script", script)


def test_a_missing_script_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No such file"):
        simulate("marcus-bell", "--script", tmp_path / "gone.jsonl")


def test_an_unknown_code_is_refused_with_file_and_line(tmp_path: Path) -> None:
    script = tmp_path / "bad.jsonl"
    script.write_text('{"text": "x", "codes": ["XX"]}', encoding="utf-8")

    with pytest.raises(CommandError, match=r'bad.jsonl:1: codes\[0\]: "XX" is not a behaviour code'):
        simulate("marcus-bell", "--script", script)


def test_a_client_and_a_script_must_be_named() -> None:
    with pytest.raises(CommandError, match="name a client and a script"):
        simulate()


def test_a_worker_that_is_away_is_said_in_words(script: Path, settings: object) -> None:
    settings.INFERENCE_URL = "http://127.0.0.1:9"

    with pytest.raises(CommandError, match=r"the worker did not answer \(engine_away\)"):
        simulate("marcus-bell", "--script", script, "--engine", "worker")


def test_simulate_needs_no_database_redis_or_worker(script: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    away = dict.fromkeys(("DATABASE_URL", "DATABASE_OWNER_URL"), "postgresql://nobody@127.0.0.1:9/none")
    command = [sys.executable, "manage.py", "simulate", "marcus-bell", "--script", script, "--seed", "3"]

    done = subprocess.run(
        [*map(str, command), "--engine", "none", "--json", str(out)],
        cwd=ROOT,
        env={**os.environ, **away, "REDIS_URL": "redis://127.0.0.1:9", "INFERENCE_URL": "http://127.0.0.1:9"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert len(json.loads(out.read_text(encoding="utf-8"))["turns"]) == 6
