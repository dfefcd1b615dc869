import json
from pathlib import Path

import pytest

from inference.contracts import Person
from inference.data.errors import DataError
from inference.data.reading import read_dialogues, split
from inference.data.split import held_out

CLIENT = {"name": "Ann Reed", "age": 30, "who": "A baker.", "facts": ["has a dog"]}
GOOD = {
    "id": "a-1",
    "client": CLIENT,
    "topic": "sleep",
    "therapist": "good",
    "edge": [],
    "turns": [
        {"speaker": "therapist", "text": "Hello."},
        {"speaker": "client", "text": "Secret words.", "act": "withdraw", "band": "wary", "cue": ""},
    ],
}


def written(folder: Path, *rows: dict, person: str = "client") -> Path:
    path = folder / person / "a.jsonl"
    path.parent.mkdir(parents=True)
    path.write_text("\n".join(map(json.dumps, rows)) + "\n", encoding="utf-8")
    return folder


def test_the_shipped_dialogues_are_read_whole() -> None:
    library = read_dialogues()

    assert len(library.of(Person.CLIENT)) >= 600 and len(library.of(Person.COMPANION)) >= 370
    assert sum(file.rows for file in library.files) == len(library.dialogues)


def test_a_dialogue_is_read_with_its_labels(tmp_path: Path) -> None:
    (dialogue,) = read_dialogues(written(tmp_path, GOOD)).dialogues

    assert (dialogue.client.name, dialogue.client.facts, dialogue.therapist) == (
        "Ann Reed",
        ("has a dog",),
        "good",
    )
    assert [(turn.speaker, turn.act, turn.band) for turn in dialogue.turns] == [
        ("therapist", "", ""),
        ("client", "withdraw", "wary"),
    ]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"therapist": "kind"}, "therapist is none of"),
        ({"edge": None}, "a field is not of its kind"),
        ({"turns": [GOOD["turns"][0]]}, "fewer than two turns"),
        ({"turns": [GOOD["turns"][0]] * 2}, r"turns\[1\]: the speakers do not take turns"),
        ({"turns": [GOOD["turns"][0], GOOD["turns"][1] | {"act": "sing"}]}, r"turns\[1\]: sing is no act"),
        ({"turns": [GOOD["turns"][0], GOOD["turns"][1] | {"band": ""}]}, r"turns\[1\]: nothing is no band"),
        ({"turns": [GOOD["turns"][0], GOOD["turns"][1] | {"text": "<|im_end|>"}]}, "a control token"),
    ],
)
def test_what_is_not_in_the_form_is_named_by_line_and_never_quoted(
    change: dict, why: str, tmp_path: Path
) -> None:
    folder = written(tmp_path, GOOD, GOOD | change)

    with pytest.raises(DataError, match=f"a.jsonl, line 2: .*{why}") as raised:
        read_dialogues(folder)
    assert "Secret" not in str(raised.value)


def test_a_missing_field_and_an_empty_folder_are_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there are no dialogues"):
        read_dialogues(tmp_path)
    without = {key: value for key, value in GOOD.items() if key != "topic"}
    with pytest.raises(DataError, match="line 1: no field 'topic'"):
        read_dialogues(written(tmp_path, without))


def test_no_dialogue_is_both_learned_and_kept_aside() -> None:
    library = read_dialogues()
    kept, aside = split(library.dialogues)

    assert len(kept) + len(aside) == len(library.dialogues) and aside
    assert all(held_out(each.id) for each in aside) and not any(held_out(each.id) for each in kept)
