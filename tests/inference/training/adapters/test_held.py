"""A reading meets every persona and every file, and says the loss of each."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from inference.training.adapters.encoding import Encoded
from inference.training.adapters.held import HeldLoss, by_persona, held_loss, some_of, together
from inference.training.adapters.loop import Report, train
from inference.training.adapters.objective import Objective
from inference.training.adapters.recipe import Recipe
from inference.training.adapters.run import Setting, gather
from inference.training.adapters.telling import said, telling

Make = Callable[..., Recipe]
BOTH = {"personas": ["client", "companion"], "longest": 256}


def example(name: str, persona: str, tokens: int = 100) -> Encoded:
    return Encoded(name, persona, (5,) * tokens, (False,) + (True,) * (tokens - 1))


def library() -> list[Encoded]:
    """As files hold it: all clients first, two hundred of them, then the companion's."""
    clients = [example(f"{file}-{number}", "client") for file in "abcd" for number in range(50)]
    return clients + [example(f"s-{number}", "companion", 60) for number in range(40)]


def tokens_of(chosen: list[Encoded]) -> Counter[str]:
    tokens: Counter[str] = Counter()
    for each in chosen:
        tokens[each.persona] += len(each.ids)
    return tokens


def test_a_reading_holds_about_as_much_of_each_persona() -> None:
    tokens = tokens_of(some_of(library(), tokens=3000))

    assert 3000 <= tokens.total() < 3100
    assert abs(tokens["client"] - tokens["companion"]) <= 100


def test_a_reading_meets_every_file_and_not_the_first_alone() -> None:
    files = {each.id.split("-")[0] for each in some_of(library(), tokens=3000)}

    assert files == {"a", "b", "c", "d", "s"}


def test_a_reading_is_the_same_whatever_the_order_of_the_files() -> None:
    one, other = some_of(library(), tokens=2000), some_of(library()[::-1], tokens=2000)

    assert [each.id for each in one] == [each.id for each in other]


def test_a_persona_with_little_leaves_the_rest_to_the_others() -> None:
    few = [*library(), example("t-1/therapist", "therapist", 90)]
    tokens = tokens_of(some_of(few, tokens=3000))

    assert tokens["therapist"] == 90 and tokens["client"] > 1300 and tokens["companion"] > 1300
    assert some_of(few, tokens=10**9) != [] and len(some_of(few, tokens=10**9)) == len(few)
    assert len(some_of(few, tokens=1)) == 1 and some_of([], tokens=100) == []


def test_one_dialogue_is_drawn_for_whoever_speaks_in_it() -> None:
    ids = [f"a-{number}" for number in range(30)]
    both = [example(name, "client") for name in ids]
    both += [example(f"{name}/therapist", "therapist") for name in ids]
    chosen = some_of(both, tokens=1000)

    named = {
        who: {each.id.split("/")[0] for each in chosen if each.persona == who} for who in tokens_of(chosen)
    }
    assert named["client"] == named["therapist"] and len(named["client"]) == 5


def test_the_loss_of_all_is_that_of_every_token() -> None:
    apart = {"client": HeldLoss(2.0, 100), "companion": HeldLoss(3.0, 300)}

    assert together(apart) == HeldLoss(2.75, 400)
    assert together({}) == HeldLoss(0.0, 0)


def test_losses_by_persona_add_up_to_the_loss_of_all(recipe: Make, dialogues: Path, tmp_path: Path) -> None:
    gathered = gather(recipe(data=BOTH), Setting(tmp_path / "out", tmp_path / "work", dialogues))
    objective = Objective(gathered.trained.network)
    held, device = gathered.material.held, gathered.trained.device
    apart, whole = by_persona(objective, held, device)

    assert list(apart) == ["client", "companion"]
    assert apart["client"] == held_loss(objective, [e for e in held if e.persona == "client"], device)
    assert whole.loss == pytest.approx(held_loss(objective, held, device).loss, rel=1e-5)
    assert whole.tokens == sum(each.targets for each in held)


def test_a_run_keeps_says_and_records_the_loss_of_each_persona(
    recipe: Make, dialogues: Path, tmp_path: Path
) -> None:
    made = recipe(data=BOTH, watch={"evaluate_every": 3})
    gathered = gather(made, Setting(tmp_path / "out", tmp_path / "work", dialogues))
    reports: list[Report] = []
    with telling("both", steps=len(gathered.material.steps), events=tmp_path / "events") as tell:
        course = train(
            gathered.trained,
            gathered.material,
            made,
            tell=lambda report: (reports.append(report), tell(report))[0],
            stop_after=6,
        )

    read = [report for report in reports if report.held is not None]
    assert [report.held_by_persona for report in read] == course.held_by_persona
    assert len(course.held) == len(course.held_by_persona) == 2
    client, companion = (course.held_by_persona[-1][name] for name in ("client", "companion"))
    assert client != companion and min(client, companion) < course.held[-1][1] < max(client, companion)
    assert f"(client {client:.4f}, companion {companion:.4f})" in said(read[-1])
    (events,) = (tmp_path / "events").glob("events.out.tfevents.*")
    assert b"loss/held_out/companion" in events.read_bytes()


def test_a_run_of_one_persona_says_one_loss(recipe: Make, dialogues: Path, tmp_path: Path) -> None:
    made = recipe(watch={"evaluate_every": 2})
    gathered = gather(made, Setting(tmp_path / "out", tmp_path / "work", dialogues))
    reports: list[Report] = []
    train(gathered.trained, gathered.material, made, tell=reports.append, stop_after=2)

    assert list(reports[-1].held_by_persona) == ["client"] and "(client" not in said(reports[-1])
