"""A card written again without training: what was measured stays, what it says of its data is made anew."""

import json
import shutil
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from inference.commands import main
from inference.data.edits import EDITS_FILE, REWORDED, told
from inference.data.split import held_out
from inference.models.adapter import CARD_FILE, read_adapter
from inference.models.facts import SHOWN_OF_CARD
from inference.training.adapters.errors import RecipeError
from inference.training.adapters.recipe import Recipe
from inference.training.adapters.reissue import reissue
from inference.training.adapters.run import Setting, run
from inference.training.adapters.sources import sources_of


@pytest.fixture(scope="module")
def written(
    make_recipe: Callable[..., Recipe], dialogues: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, bytes]:
    """The files of an adapter trained in two steps."""
    folder = tmp_path_factory.mktemp("trained")
    made = make_recipe(phases=[{"name": "all", "passes": 0.3}], safety={"weight": 0.5})
    run(made, Setting(folder / "out", folder / "work", dialogues, events=False), say=lambda said: None)
    return {path.name: path.read_bytes() for path in (folder / "out").iterdir()}


@pytest.fixture
def adapter(written: dict[str, bytes], tmp_path: Path) -> Path:
    folder = tmp_path / "client"
    folder.mkdir()
    for name, content in written.items():
        (folder / name).write_bytes(content)
    return folder


def change(folder: Path, **entries: Any) -> dict[str, Any]:  # noqa: ANN401 - as JSON has it
    card = json.loads((folder / CARD_FILE).read_text(encoding="utf-8")) | entries
    (folder / CARD_FILE).write_text(json.dumps(card), encoding="utf-8")
    return card


def as_older_code_wrote(folder: Path, dialogues: Path, recipe: Recipe) -> dict[str, Any]:
    """Every file of the library as trained on, examples counted as dialogues, no uses and no failures."""
    card = json.loads((folder / CARD_FILE).read_text(encoding="utf-8"))
    every = sources_of(recipe, dialogues=dialogues).files
    files = [{"path": file.path, "sha256": file.sha256, "rows": 60} for file in every]
    outcome = card["outcome"] | {"kept_aside": 99, "dialogues": 99}
    del outcome["curve_by_persona"]
    for name in ("use", "failures"):
        del card[name]
    card |= {"training_files": files, "outcome": outcome, "form": 7}
    (folder / CARD_FILE).write_text(json.dumps(card), encoding="utf-8")
    return card


def test_the_card_of_an_adapter_of_older_code_is_made_right(
    adapter: Path, dialogues: Path, make_recipe: Callable[..., Recipe]
) -> None:
    every = make_recipe(data={"personas": ["client", "companion"]}, safety={"weight": 0.5})
    right = read_adapter(adapter)
    old = as_older_code_wrote(adapter, dialogues, every)
    assert main(["train", "card", str(adapter), "--dialogues", str(dialogues)]) == 0
    again = read_adapter(adapter)

    assert [file["path"] for file in old["training_files"]][1] == "companion/a.jsonl"
    for name in ("training_files", "use", "failures", "recipe", "base", "version"):
        assert again.card[name] == right.card[name], name
    counted = {name: right.card["outcome"][name] for name in ("dialogues", "kept_aside")}
    assert again.card["outcome"] == old["outcome"] | counted
    assert again.card["form"] == 7, "the form it was trained in, whatever is asked in since"
    assert again.sha256 == right.sha256, "a better-written card moves nothing"
    page = (adapter / "card.md").read_text(encoding="utf-8")
    assert "Never to be used with a person who seeks support" in page and "companion/a.jsonl" not in page


def test_a_card_written_again_from_the_same_data_is_the_same(adapter: Path, dialogues: Path) -> None:
    before = {path.name: path.read_bytes() for path in adapter.iterdir()}
    card = reissue(adapter, dialogues=dialogues)

    assert {path.name: path.read_bytes() for path in adapter.iterdir()} == before
    assert set(SHOWN_OF_CARD) <= set(card), "the page of cards finds all that it shows"


def test_what_others_added_to_a_card_stays(adapter: Path, dialogues: Path) -> None:
    change(adapter, measured=["somebody's figures"])

    assert reissue(adapter, dialogues=dialogues)["measured"] == ["somebody's figures"]


def test_other_data_than_was_trained_on_is_refused_and_the_card_stays(
    adapter: Path, dialogues: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    (other / "client").mkdir(parents=True)
    text = (dialogues / "client" / "a.jsonl").read_text(encoding="utf-8")
    (other / "client" / "a.jsonl").write_text(text + "\n", encoding="utf-8")
    before = (adapter / CARD_FILE).read_bytes()

    with pytest.raises(
        RecipeError, match=r"client/a\.jsonl is not the file that this adapter was trained on"
    ):
        reissue(adapter, dialogues=other)
    assert (adapter / CARD_FILE).read_bytes() == before


def reworded(dialogues: Path, folder: Path, *, recorded: bool) -> Path:
    """The dialogues with one turn reworded, and the journal that says so, or none."""
    shutil.copytree(dialogues, folder)
    path = folder / "client" / "a.jsonl"
    rows = [json.loads(row) for row in path.read_text(encoding="utf-8").splitlines()]
    row = next(row for row in rows if not held_out(row["id"]))
    edit = {"file": "client/a.jsonl", "id": row["id"], "turn": 0, "before": row["turns"][0]["text"]}
    row["turns"][0]["text"] = edit["after"] = "So, how was the week?"
    path.write_text("\n".join(map(json.dumps, rows)) + "\n", encoding="utf-8")
    if recorded:
        (folder / EDITS_FILE).write_text(json.dumps(edit) + "\n", encoding="utf-8")
    return folder


def test_files_reworded_since_stay_named_as_they_were_learned_from(
    adapter: Path, dialogues: Path, tmp_path: Path
) -> None:
    before, files = read_adapter(adapter).card, {path.name: path.read_bytes() for path in adapter.iterdir()}
    other = reworded(dialogues, tmp_path / "reworded", recorded=True)
    for _ in range(2):
        reissue(adapter, dialogues=other)
    card = read_adapter(adapter).card

    assert card == before | {REWORDED: {"client/a.jsonl": 1}}
    page = (adapter / "card.md").read_text(encoding="utf-8")
    assert told(card[REWORDED]) in page and before["training_files"][0]["sha256"][:16] in page
    reissue(adapter, dialogues=dialogues)
    assert {path.name: path.read_bytes() for path in adapter.iterdir()} == files, "where nothing was reworded"


def test_a_turn_reworded_without_a_record_is_refused(adapter: Path, dialogues: Path, tmp_path: Path) -> None:
    other = reworded(dialogues, tmp_path / "reworded", recorded=False)

    with pytest.raises(RecipeError, match="is not the file that this adapter was trained on"):
        reissue(adapter, dialogues=other)


def test_weights_that_learned_from_the_reworded_files_name_those(
    adapter: Path, dialogues: Path, make_recipe: Callable[..., Recipe], tmp_path: Path
) -> None:
    other = reworded(dialogues, tmp_path / "reworded", recorded=True)
    files = sources_of(make_recipe(safety={"weight": 0.5}), dialogues=other).learned_from
    assert files[0].sha256 != read_adapter(adapter).card["training_files"][0]["sha256"]
    change(adapter, training_files=[asdict(file) for file in files])
    card = reissue(adapter, dialogues=other)

    assert card["training_files"] == [asdict(file) for file in files]
    assert REWORDED not in card


def test_a_card_without_a_recipe_is_refused_in_a_sentence(
    adapter: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change(adapter, recipe=None)

    assert main(["train", "card", str(adapter)]) == 1
    assert "the card has no recipe" in capsys.readouterr().err
