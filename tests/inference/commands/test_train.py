import hashlib
import json
from pathlib import Path

import pytest

from inference.commands import main
from inference.contracts import Speaker
from inference.encoder.reader import WEIGHTS_FILE, Heads
from inference.safety.detectors.given import Given
from inference.testing import SCRIPTED_LINES

TALK = [
    {
        "id": f"d-{number}",
        "topic": "sleep",
        "quality": "good",
        "turns": [
            {"speaker": "therapist", "text": SCRIPTED_LINES[number], "codes": ["Q"], "form": "open"},
            {"speaker": "client", "text": f"{SCRIPTED_LINES[-number]} tired", "talk": "sustain"},
            {"speaker": "therapist", "text": f"{SCRIPTED_LINES[number]} hard", "codes": ["SR"], "form": ""},
            {"speaker": "client", "text": f"{SCRIPTED_LINES[-number]} better", "talk": "change"},
        ],
    }
    for number in range(1, 13)
]
CRISIS = {"id": "a-1", "text": "It is", "kind": "none", "severity": "none", "timeline": "none"}


@pytest.fixture
def written(tmp_path: Path) -> Path:
    folder = tmp_path / "written"
    for name, rows in {"talk/d": TALK, "crisis/a": [CRISIS | {"protective": []}]}.items():
        path = folder / f"{name}.jsonl"
        path.parent.mkdir(parents=True)
        path.write_text("\n".join(map(json.dumps, rows)) + "\n", encoding="utf-8")
    return folder


def test_a_head_is_trained_with_its_adapter_and_its_card(
    written: Path, tiny_encoder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    extra = tmp_path / "clinic.jsonl"
    extra.write_text(
        json.dumps({"id": "1", "said": "", "text": "Breathe.", "technique": "mindfulness"}) + "\n"
    )
    words = ["train", "head", "talk", "--written", str(written), "--base", str(tiny_encoder)]
    words += ["--threads", "1", "--extra", str(extra), "--out"]
    assert main([*words, str(tmp_path / "one")]) == main([*words, str(tmp_path / "again")]) == 0

    assert "talk                         macro-F1" in capsys.readouterr().out
    weights, again = (tmp_path / out / "exchange" / WEIGHTS_FILE for out in ("one", "again"))
    assert weights.read_bytes() == again.read_bytes(), "the same rows give the same weights"
    card = json.loads((weights.parent / "card.json").read_text(encoding="utf-8"))
    assert card["weights_sha256"] == hashlib.sha256(weights.read_bytes()).hexdigest()
    encoder = hashlib.sha256((tiny_encoder / "model.safetensors").read_bytes()).hexdigest()
    assert card["base"]["sha256"] == encoder
    assert [(file["path"], file["rows"]) for file in card["training_files"]] == [
        ("talk/d.jsonl", 12),
        ("clinic.jsonl", 1),
    ]
    assert "talk" in {figure["head"] for figure in card["held_out"]}

    (read,) = Heads(tiny_encoder, tmp_path / "one", ["exchange"]).read([Given("It is.", Speaker.CLIENT)])
    assert read.readings["talk"].version == f"exchange {card['weights_sha256'][:8]}"


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["weather"], "no head weather; there are: crisis.kind, "),
        (["tags", "--written", "away", "--base", "away"], "tags: there is nothing to learn from"),
        (["talk", "--extra", "away.jsonl"], "away.jsonl: it cannot be read"),
        (["talk", "--base", "away"], "models fetch default"),
    ],
)
def test_what_cannot_be_trained_is_said_in_a_sentence(
    words: list[str], why: str, written: Path, tiny_encoder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["train", "head", "--written", str(written), "--base", str(tiny_encoder), *words]
    assert main(given) == 1
    said = capsys.readouterr().err
    assert said.startswith("inference train: ") and why in said and said.count("\n") == 1


def test_without_the_encoder_it_says_how_to_fetch_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PIXELATED_DATA_DIR", str(tmp_path))
    assert main(["train", "head", "talk"]) == 1
    assert "python -m inference models fetch default" in capsys.readouterr().err


def test_the_reader_of_personas_is_trained_in_one_go_and_always_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for out in ("one", "again"):
        assert main(["train", "persona", "--out", str(tmp_path / out)]) == 0
    names = ["card.json", "card.md", "weights.json"]
    assert sorted(path.name for path in (tmp_path / "one").iterdir()) == names
    assert [(tmp_path / "one" / name).read_bytes() for name in names] == [
        (tmp_path / "again" / name).read_bytes() for name in names
    ]
    said = capsys.readouterr().out
    assert "accuracy where it answers" in said and "abstention" in said


def test_rows_of_personas_that_are_not_in_the_form_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "rows.jsonl").write_text('{"id": "x-1", "text": "Hello there.", "persona": "friend"}\n')
    assert main(["train", "persona", "--rows", str(tmp_path), "--out", str(tmp_path / "out")]) == 1
    assert "rows.jsonl, line 1" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
