"""What a card says an adapter learned from is what it learned from: files of its personas, rows not kept aside."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from inference.data.split import held_out
from inference.training.adapters.recipe import Recipe
from inference.training.adapters.sources import Source, sources_of

Make = Callable[..., Recipe]


def written(path: Path, rows: list[dict[str, Any]]) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(map(json.dumps, rows)) + "\n", encoding="utf-8")
    return hashlib.sha256(path.read_bytes()).hexdigest()


def client(name: str, *, therapist: str = "poor") -> dict[str, Any]:
    person = {"name": "Ann Reed", "age": 30, "who": "A baker.", "facts": []}
    turns = [
        {"speaker": "therapist", "text": "Hello."},
        {"speaker": "client", "text": "Well.", "act": "engage", "band": "wary", "cue": ""},
    ]
    return {"id": name, "client": person, "topic": "x", "therapist": therapist, "edge": [], "turns": turns}


def companion(name: str) -> dict[str, Any]:
    turns = [
        {"speaker": "seeker", "text": "Hello."},
        {"speaker": "companion", "text": "Go on.", "plan": "reflect"},
    ]
    return {"id": name, "seeker": {}, "topic": "x", "edge": [], "turns": turns}


def pair(name: str, **own: object) -> dict[str, Any]:
    return {"id": name, "heard": "Hello.", "safe": "No.", "unsafe": "Yes.", **own}


def names(prefix: str, *, kept: int, aside: int) -> list[str]:
    """Ids of dialogues to learn from, then of dialogues kept aside."""
    ids = [f"{prefix}-{number}" for number in range(500)]
    return [name for name in ids if not held_out(name)][:kept] + [name for name in ids if held_out(name)][
        :aside
    ]


@pytest.fixture
def dialogues(tmp_path: Path) -> Path:
    folder = tmp_path / "dialogues"
    written(folder / "client/a.jsonl", [client(name) for name in names("a", kept=3, aside=2)])
    written(
        folder / "client/b.jsonl", [client(name, therapist="good") for name in names("b", kept=4, aside=1)]
    )
    written(folder / "client/c.jsonl", [client(name) for name in names("c", kept=0, aside=1)])
    written(folder / "companion/a.jsonl", [companion(name) for name in names("ca", kept=5, aside=1)])
    return folder


@pytest.fixture
def unsafe(tmp_path: Path) -> Path:
    folder = tmp_path / "unsafe"
    played = {"client": {"name": "Ann", "age": 30, "who": "A."}, "act": "argue", "band": "wary"}
    own = [pair(name, kind="role_break", **played) for name in names("uc", kept=6, aside=2)]
    written(folder / "client.jsonl", own)
    others = [pair(name, kind="colludes", plan="reflect") for name in names("up", kept=7, aside=1)]
    written(folder / "companion.jsonl", others)
    return folder


def counts(files: list[Source]) -> list[tuple[str, int, int]]:
    return [(file.path, file.rows, file.kept_aside) for file in files]


@pytest.mark.parametrize(
    ("personas", "files"),
    [
        (["client"], [("client/a.jsonl", 3, 2), ("unsafe/client.jsonl", 6, 2)]),
        (["neutral"], [("client/b.jsonl", 4, 1), ("unsafe/client.jsonl", 6, 2)]),
        (["companion"], [("companion/a.jsonl", 5, 1), ("unsafe/companion.jsonl", 7, 1)]),
        (["therapist"], [("client/b.jsonl", 4, 1)]),
        (
            ["client", "companion"],
            [
                ("client/a.jsonl", 3, 2),
                ("companion/a.jsonl", 5, 1),
                ("unsafe/client.jsonl", 6, 2),
                ("unsafe/companion.jsonl", 7, 1),
            ],
        ),
    ],
)
def test_only_files_with_rows_of_the_recipes_personas_are_learned_from(
    recipe: Make, dialogues: Path, unsafe: Path, personas: list[str], files: list[tuple[str, int, int]]
) -> None:
    made = recipe(data={"personas": personas}, safety={"weight": 0.5})

    assert counts(sources_of(made, dialogues=dialogues, unsafe=unsafe).learned_from) == files


def test_a_file_kept_aside_as_a_whole_is_known_and_not_learned_from(
    recipe: Make, dialogues: Path, unsafe: Path
) -> None:
    sources = sources_of(recipe(), dialogues=dialogues, unsafe=unsafe)

    assert ("client/c.jsonl", 0, 1) in counts(list(sources.files))
    assert "client/c.jsonl" not in {file.path for file in sources.learned_from}


def test_what_is_learned_from_and_what_is_kept_aside_are_the_rows_that_the_files_count(
    recipe: Make, dialogues: Path, unsafe: Path
) -> None:
    sources = sources_of(recipe(safety={"weight": 1.0}), dialogues=dialogues, unsafe=unsafe)

    assert [each.id for each in sources.kept] == names("a", kept=3, aside=0)
    assert {each.id for each in sources.aside} == {*names("a", kept=0, aside=2), *names("c", kept=0, aside=1)}
    assert {each.id for each in sources.pairs} == set(names("uc", kept=6, aside=0))
    assert {each.id for each in sources.pairs_aside} == set(names("uc", kept=0, aside=2))


def test_without_a_safety_term_unsafe_replies_are_measured_and_not_learned_from(
    recipe: Make, dialogues: Path, unsafe: Path
) -> None:
    sources = sources_of(recipe(), dialogues=dialogues, unsafe=unsafe)

    assert sources.pairs == () and len(sources.pairs_aside) == 2
    assert counts(sources.learned_from) == [("client/a.jsonl", 3, 2)]


def test_a_file_is_named_with_the_hash_of_all_that_is_in_it(
    recipe: Make, dialogues: Path, unsafe: Path
) -> None:
    (file,) = sources_of(recipe(), dialogues=dialogues, unsafe=unsafe).learned_from

    assert file.sha256 == hashlib.sha256((dialogues / "client/a.jsonl").read_bytes()).hexdigest()
