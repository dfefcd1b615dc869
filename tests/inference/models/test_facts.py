"""What is told of the registry: the same as promotion would say, however long the history is."""

import json
from collections.abc import Callable
from pathlib import Path

from inference.models.facts import MOST_HISTORY, facts
from inference.models.registry import Registry
from tests.inference.models.conftest import make_adapter, make_figures

Measured = Callable[..., str]


def client_of(registry: Registry) -> dict[str, object]:
    (client,) = facts(registry)["names"]
    return client


def test_a_card_is_shown_with_its_base_form_licence_data_use_and_failures(
    registry: Registry, adapter_folder: Callable[..., Path]
) -> None:
    folder = adapter_folder()
    more = {
        "form": 1,
        "licence": "Apache-2.0",
        "training_files": [{"path": "client/a.jsonl", "sha256": "a" * 64, "rows": 99}],
        "use": ["For practice."],
        "failures": ["Forgets."],
        "recipe": {"seed": 11},
    }
    card = json.loads((folder / "card.json").read_text())
    (folder / "card.json").write_text(json.dumps(card | more))
    registry.register(folder)

    shown = client_of(registry)["adapters"][0]["card"]

    assert shown == {"version": "client 1", "base": card["base"]} | {
        k: v for k, v in more.items() if k != "recipe"
    }


def test_a_roll_back_is_offered_after_any_number_of_entries(registry: Registry, measured: Measured) -> None:
    first, second = measured(b"aaaa"), measured(b"bbbb")
    assert client_of(registry)["may_roll_back"] is False
    registry.promote("client", first)
    for _ in range(MOST_HISTORY // 2):
        registry.promote("client", second)
        registry.roll_back("client")

    shown = client_of(registry)

    events = [entry["event"] for entry in shown["history"]]
    assert events.count("promoted") == events.count("rolled_back")
    assert shown["may_roll_back"] is True and shown["speaks"] == first
    registry.roll_back("client")
    assert client_of(registry)["may_roll_back"] is False


def test_beside_one_that_was_not_measured_the_facts_say_what_promotion_says(
    registry: Registry, measured: Measured
) -> None:
    make_adapter(registry.shipped / "client", weights=b"ship")
    sha256 = measured(b"aaaa")

    by_sha = {each["sha256"]: each["gate"] for each in client_of(registry)["adapters"]}

    assert by_sha[sha256] == list(registry.promote("client", sha256).reasons) != []
    assert by_sha[registry.served("client").sha256] == ["not measured"]


def test_where_what_speaks_cannot_be_read_nobody_else_is_said_to_be_let_past(
    registry: Registry, measured: Measured
) -> None:
    speaks, other = measured(b"aaaa"), measured(b"bbbb")
    registry.promote("client", speaks)
    config = registry.served("client").folder / "adapter_config.json"
    config.chmod(0o644)
    config.write_text("{}")

    shown = client_of(registry)

    (own,) = [each for each in shown["adapters"] if each["sha256"] == other]
    assert shown["problem"] == "model_unusable" and shown["may_roll_back"] is True
    assert own["gate"] == ["what speaks cannot be read: roll back first"]


def test_where_the_figures_of_what_speaks_cannot_be_read_the_others_stay_sound(
    registry: Registry, measured: Measured
) -> None:
    speaks, other = measured(b"aaaa"), measured(b"bbbb")
    registry.promote("client", speaks)
    registry.file_figures(make_figures(speaks)).write_text("{}")

    (own,) = [each for each in client_of(registry)["adapters"] if each["sha256"] == other]

    assert (own["problem"], own["gate"]) == (
        "",
        ["what speaks cannot be compared: its figures cannot be read"],
    )
