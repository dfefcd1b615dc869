import hashlib
import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from inference.data.edits import REWORDED, first_written, read_edits, reworded_since, told
from inference.encoder.heads import ADAPTERS, MESSAGE
from inference.encoder.reader import CARD_FILE, WEIGHTS, WEIGHTS_FILE
from inference.models.catalogue import EMBEDDINGS
from inference.training.cards import EVALUATION_ONLY, NOTES_FILE, TALKS, refresh, write_card
from inference.training.corpora import OWN_LICENCE, PUBLIC_READERS, Corpus, SourceFile, load
from inference.training.heads import RECIPES
from inference.training.held import HeldFigure
from inference.training.talks import ordinary_talks

SHA = "0123abcd" * 8
OWN = SourceFile("crisis/a.jsonl", "1" * 64, OWN_LICENCE, 622, True)
PUBLIC = SourceFile("bias.jsonl", "2" * 64, "MIT (RedditBias)", 8084, False)
FIGURE = HeldFigure("crisis.kind", "macro-F1", 160, 0.712, 0.65, 0.77)


@cache
def own() -> Corpus:
    return load()


def unclean(card: dict) -> list[str]:
    """What is wrong with a card's training files: an empty list where nothing is."""
    here = {file.path: file for file in (*own().files, *ordinary_talks().files)}
    licences = {reader.licence for reader in PUBLIC_READERS}
    wrong = []
    for file in card["training_files"]:
        name = file["path"]
        if file["in_repository"]:
            if (
                name not in here
                or file["rows"] != here[name].rows
                or not is_as_learned_from(file, here[name])
            ):
                wrong.append(f"{name} is not what lies in the repository")
            continue
        if file["licence"] not in licences or not file["rows"]:
            wrong.append(f"{name} has no licence to train")
        if len(file["sha256"]) != 64 or not set(file["sha256"]) <= set("0123456789abcdef"):
            wrong.append(f"{name} has no hash")
        if Path(name).stem in EVALUATION_ONLY or file["sha256"] in EVALUATION_ONLY.values():
            wrong.append(f"{name} is for evaluation only")
    return wrong


def is_as_learned_from(file: dict, here: SourceFile) -> bool:
    """Whether a card's file is the one that lies here, or a dialogue's with recorded edits taken back."""
    is_talk = here.path.startswith(TALKS)
    before = reworded_since(here.path.removeprefix(TALKS), file["sha256"]) if is_talk else None
    return file["sha256"] == here.sha256 or before is not None


def expected_own(adapter: str) -> set[str]:
    """The files of the repository that teach an adapter."""
    talks = {file.path for file in ordinary_talks().files} if adapter == MESSAGE else set()
    return {example.source for example in own().of(adapter)} | talks


def shipped() -> list[Path]:
    """Every adapter's folder that holds weights, a card or notes."""
    return sorted({file.parent for file in WEIGHTS.glob("*/*")})


@pytest.mark.parametrize("folder", shipped(), ids=lambda folder: folder.name)
def test_the_files_a_shipped_adapter_was_trained_on_are_clean_and_as_they_were(folder: Path) -> None:
    card = json.loads((folder / CARD_FILE).read_text(encoding="utf-8"))
    assert unclean(card) == []
    named = {file["path"] for file in card["training_files"] if file["in_repository"]}
    assert named == expected_own(folder.name)


@pytest.mark.parametrize("folder", shipped(), ids=lambda folder: folder.name)
def test_a_shipped_card_is_of_the_weights_beside_it(folder: Path) -> None:
    card = json.loads((folder / CARD_FILE).read_text(encoding="utf-8"))
    weights = hashlib.sha256((folder / WEIGHTS_FILE).read_bytes()).hexdigest()
    assert card["weights_sha256"] == weights
    assert card["version"] == f"{folder.name} {weights[:8]}"
    assert card["base"]["sha256"] == EMBEDDINGS.sha256
    assert [head["name"] for head in card["heads"]] == [spec.name for spec in ADAPTERS[folder.name]]
    assert [tuple(head["labels"]) for head in card["heads"]] == [s.labels for s in ADAPTERS[folder.name]]
    assert card["held_out"] and all(0 <= figure["low"] <= figure["high"] <= 1 for figure in card["held_out"])
    assert card["version"] in (folder / "card.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("folder", shipped(), ids=lambda folder: folder.name)
def test_a_shipped_adapter_is_a_few_megabytes_and_says_where_it_fails(folder: Path) -> None:
    assert (folder / WEIGHTS_FILE).stat().st_size < 8_000_000
    card = json.loads((folder / CARD_FILE).read_text(encoding="utf-8"))
    assert card["measured"] and card["thresholds"] and card["failures"]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"path": "crisis/away.jsonl", "in_repository": True}, "not what lies in the repository"),
        ({"path": "crisis/a.jsonl", "in_repository": True, "sha256": SHA}, "not what lies in"),
        (
            {"path": "dialogues/client/a.jsonl", "in_repository": True, "sha256": SHA, "rows": 110},
            "not what lies in",
        ),
        ({"path": "client_talk.jsonl"}, "for evaluation only"),
        ({"sha256": EVALUATION_ONLY["empathy"]}, "for evaluation only"),
        ({"licence": ""}, "no licence to train"),
        ({"licence": "CC BY-NC 4.0"}, "no licence to train"),
        ({"rows": 0}, "no licence to train"),
        ({"sha256": "unknown"}, "no hash"),
    ],
)
def test_a_card_that_is_not_clean_is_noticed(change: dict[str, object], why: str) -> None:
    clean = {"path": "bias.jsonl", "sha256": SHA, "licence": "MIT (RedditBias)", "rows": 8}
    clean["in_repository"] = False
    assert unclean({"training_files": [clean]}) == []
    (found,) = unclean({"training_files": [clean | change]})
    assert why in found


def written_card(folder: Path, *talks: SourceFile) -> dict:
    write_card(
        folder,
        "message",
        weights_sha256=SHA,
        recipe=RECIPES["message"],
        files=[OWN, PUBLIC, *talks],
        held=[FIGURE],
        base_sha256="3" * 64,
    )
    return json.loads((folder / CARD_FILE).read_text(encoding="utf-8"))


def test_a_card_names_files_figures_and_recipe(tmp_path: Path) -> None:
    card = written_card(tmp_path)
    assert (card["adapter"], card["version"], card["weights_sha256"]) == ("message", "message 0123abcd", SHA)
    assert [file["path"] for file in card["training_files"]] == ["crisis/a.jsonl", "bias.jsonl"]
    assert card["training_files"][1]["sha256"] == "2" * 64
    assert card["held_out"] == [
        {"head": "crisis.kind", "figure": "macro-F1", "rows": 160, "value": 0.712, "low": 0.65, "high": 0.77}
    ]
    assert card["recipe"]["seed"] == RECIPES["message"].seed
    assert card["recipe"]["passes"] == dict(RECIPES["message"].passes)


def test_a_page_for_people_says_the_same(tmp_path: Path) -> None:
    written_card(tmp_path)
    page = (tmp_path / "card.md").read_text(encoding="utf-8")
    for words in ("# message 0123abcd", SHA, "crisis/a.jsonl", "MIT (RedditBias)", "0.65 to 0.77", "any of:"):
        assert words in page
    assert "Known failures" not in page


def test_notes_written_by_hand_are_taken_in_but_never_over_what_training_says(tmp_path: Path) -> None:
    notes = 'version = "better"\nfailures = ["Reads irony as despair."]\nmeasured = ["crisis: recall .81"]\n'
    (tmp_path / NOTES_FILE).write_text(notes, encoding="utf-8")
    card = written_card(tmp_path)
    assert card["version"] == "message 0123abcd"
    assert card["failures"] == ["Reads irony as despair."]
    page = (tmp_path / "card.md").read_text(encoding="utf-8")
    assert "## Known failures\n\n- Reads irony as despair." in page
    assert "## Measured elsewhere\n\n- crisis: recall .81" in page


def test_notes_that_changed_are_taken_into_a_card_that_is_there(tmp_path: Path) -> None:
    (tmp_path / NOTES_FILE).write_text('failures = ["Reads irony as despair."]\n', encoding="utf-8")
    before = written_card(tmp_path)
    (tmp_path / NOTES_FILE).write_text('measured = ["crisis: recall .81"]\n', encoding="utf-8")
    refresh(tmp_path)
    card = json.loads((tmp_path / CARD_FILE).read_text(encoding="utf-8"))
    assert card == {name: entry for name, entry in before.items() if name != "failures"} | {
        "measured": ["crisis: recall .81"]
    }
    page = (tmp_path / "card.md").read_text(encoding="utf-8")
    assert "crisis: recall .81" in page and "irony" not in page


def test_a_card_written_again_names_dialogues_as_they_were_learned_from_and_says_what_was_reworded(
    tmp_path: Path,
) -> None:
    name = "client/a.jsonl"
    learned = hashlib.sha256(first_written(name)).hexdigest()
    (talk,) = (file for file in ordinary_talks().files if file.path == TALKS + name)
    assert talk.sha256 != learned
    for checksum, edits in ((learned, sum(edit.file == name for edit in read_edits())), (talk.sha256, 0)):
        card = written_card(tmp_path, replace(talk, sha256=checksum))
        assert REWORDED not in card, "nothing was, when it was trained"
        for _ in range(2):
            refresh(tmp_path)
        again = json.loads((tmp_path / CARD_FILE).read_text(encoding="utf-8"))
        assert again == card | ({REWORDED: {TALKS + name: edits}} if edits else {})
        assert told(again.get(REWORDED, {})) in (tmp_path / "card.md").read_text(encoding="utf-8")
        assert unclean({"training_files": again["training_files"][2:]}) == []
