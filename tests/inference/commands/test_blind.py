"""Forms out of two systems' replies, and figures out of the ratings."""

import json
from pathlib import Path

import pytest

from inference.commands import main


def replies(path: Path, words: str) -> Path:
    row = {
        "person": "companion",
        "label": "ask",
        "who": "",
        "talk": [{"heard": "Hm.", "said": ""}],
        "written": "",
    }
    lines = [json.dumps(row | {"id": f"d:{n}", "reply": f"{words} {n}", "findings": []}) for n in range(3)]
    path.write_text("\n".join(lines) + "\n")
    return path


def test_forms_are_made_rated_and_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    systems = [
        f"ours={replies(tmp_path / 'a', 'Who was there?')}",
        f"bare={replies(tmp_path / 'b', 'Okay.')}",
    ]
    files = ["--forms", str(tmp_path / "forms"), "--key", str(tmp_path / "key")]
    assert main(["blind", "make", *systems, *files, "--most", "2"]) == 0

    forms = [json.loads(line) for line in (tmp_path / "forms").read_text().splitlines()]
    filled = [
        form["rating"]
        | {"rater": rater, "act": "ask" if "?" in form["reply"] else "close", "scores": {"answers": 3}}
        for form in forms
        for rater in ("one", "two")
    ]
    (tmp_path / "rated").write_text("".join(json.dumps(each) + "\n" for each in filled))
    arguments = ["--key", str(tmp_path / "key"), "--json", str(tmp_path / "out")]
    assert main(["blind", "read", str(tmp_path / "rated"), *arguments]) == 0

    found = json.loads((tmp_path / "out").read_text())
    assert len(forms) == 4
    assert {system: own[0]["value"] for system, own in found["systems"].items()} == {"ours": 1.0, "bare": 0.0}
    assert found["kappa"]["act"] == 1.0
    assert "kappa" in capsys.readouterr().out


def test_replies_need_a_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["blind", "make", "file.jsonl", "--forms", "f", "--key", "k"]) == 1
    assert "NAME=FILE" in capsys.readouterr().err
