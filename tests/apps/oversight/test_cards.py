"""The registry's facts as the page shows them."""

from apps.oversight.cards import Cell, cards

OLD, NEW = "a" * 64, "b" * 64


def figure(suite: str, name: str, value: float | None, *, safety: bool = False) -> dict[str, object]:
    better = "lower" if safety else "neither"
    low, high = (None, None) if value is None else (value / 2, value * 2)
    return {
        "suite": suite,
        "name": name,
        "value": value,
        "low": low,
        "high": high,
        "better": better,
        "safety": safety,
    }


def adapter(
    sha256: str,
    *figures: dict[str, object],
    gate: tuple[str, ...] = (),
    card: dict[str, object] | None = None,
) -> dict[str, object]:
    return {
        "sha256": sha256,
        "problem": "",
        "card": {"version": f"client {sha256[:4]}", "base": {"name": "Small", "revision": "1.0"}}
        | (card or {}),
        "figures": {
            "figures": list(figures),
            "cases": [{"id": "x", "right": True}, {"id": "y", "right": False}],
        },
        "gate": list(gate),
    }


def facts(**changes: object) -> dict[str, object]:
    own = {
        "name": "client",
        "speaks": OLD,
        "problem": "",
        "may_roll_back": True,
        "adapters": [
            adapter(OLD, figure("realism", "words", 14.0), figure("role", "breaks", 0.01, safety=True)),
            adapter(NEW, figure("role", "breaks", None, safety=True), gate=("role: breaks: not measured",)),
        ],
        "history": [
            {
                "at": "2026-11-21T10:00:00.000+00:00",
                "event": "promoted",
                "sha256": OLD,
                "reasons": [],
                "by": "x",
            },
            {"at": "", "event": "refused", "sha256": NEW, "reasons": ["worse"], "by": "x"},
        ],
    }
    return {"names": [own | changes]}


def test_figures_stand_side_by_side_those_of_the_gate_first() -> None:
    (client,) = cards(facts())

    assert [(row.name, row.held) for row in client.rows] == [("breaks", True), ("words", False)]
    assert client.rows[0].cells == (Cell("0.010", "0.005 to 0.020"), Cell())
    assert client.rows[0].better == "lower is better" and client.rows[1].better == ""
    assert [column.cases for column in client.columns] == ["1 of 2", "1 of 2"]


def test_what_cards_say_stands_side_by_side_and_what_a_card_leaves_out_shows_as_a_dash() -> None:
    card = {
        "form": 1,
        "licence": "Apache-2.0",
        "training_files": [
            {"path": "client/a.jsonl", "sha256": "a" * 64, "rows": 99, "kept_aside": 11},
            {"path": "unsafe/client.jsonl", "sha256": "b" * 64, "rows": 40},
        ],
        "use": ["For practice.", "Never for a person who seeks support."],
        "failures": ["Forgets."],
    }
    (client,) = cards(facts(adapters=[adapter(OLD, card=card), adapter(NEW)]))

    assert client.card_rows == (
        ("Version", (("client aaaa",), ("client bbbb",))),
        ("On", (("Small", "1.0"), ("Small", "1.0"))),
        ("Asked in form", (("1",), ("-",))),
        ("Licence", (("Apache-2.0",), ("-",))),
        (
            "Trained on",
            (
                ("139 rows of 2 files", "client/a.jsonl: 99, 11 kept aside", "unsafe/client.jsonl: 40"),
                ("-",),
            ),
        ),
        ("Use", (("For practice.", "Never for a person who seeks support."), ("-",))),
        ("Where it fails", (("Forgets.",), ("-",))),
    )


def test_a_card_in_another_form_than_training_writes_is_shown_as_far_as_it_can_be() -> None:
    odd = {
        "base": "Small",
        "training_files": [{"rows": "many"}, "a.jsonl"],
        "use": {"a": 1},
        "failures": "Forgets.",
    }
    (client,) = cards(facts(adapters=[adapter(OLD, card=odd)]))

    assert dict(client.card_rows)["Trained on"] == (("-",),) and dict(client.card_rows)["On"] == (("Small",),)
    assert dict(client.card_rows)["Where it fails"] == (("Forgets.",),)


def test_an_adapter_may_be_promoted_if_it_does_not_speak_and_the_gate_lets_it_past() -> None:
    may = adapter("c" * 64)
    spoiled = {"sha256": "d" * 64, "problem": "model_unusable", "card": {}, "figures": None, "gate": []}
    (client,) = cards(facts(adapters=[*facts()["names"][0]["adapters"], may, spoiled]))

    assert [column.may_be_promoted for column in client.columns] == [False, False, True, False]


def test_what_happened_is_told_last_first() -> None:
    (client,) = cards(facts())

    assert [each.words for each in client.history] == [
        f"{NEW[:12]} was held back by the gate",
        f"{OLD[:12]} was promoted",
    ]
    assert client.history[0].reasons == ("worse",) and client.history[0].at is None
    assert client.may_roll_back and not cards(facts(may_roll_back=False))[0].may_roll_back


def test_no_adapters_are_no_cards() -> None:
    assert cards({}) == [] and cards({"names": []}) == []
