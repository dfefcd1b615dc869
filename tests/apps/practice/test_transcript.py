from uuid import UUID

import pytest

from apps.core.organisation import acting_for
from apps.encounters.enums import TurnStatus
from apps.encounters.models import Encounter
from apps.encounters.services import end_encounter
from apps.practice.transcript import path_of, transcript_page
from apps.safety.asking import Assessed
from apps.scenarios.queries import case_of
from inference.contracts import Assessment, Finding


def page(encounter: Encounter, *, reader_id: UUID | None = None) -> dict[str, object]:
    with acting_for(encounter.organisation_id):
        return transcript_page(
            Encounter.objects.select_related("scenario_version__scenario").get(pk=encounter.pk),
            reader_id=reader_id or encounter.person_id,
        )


def test_the_transcript_tells_each_turn_with_what_it_did(start, say) -> None:
    encounter = start()
    say(encounter, "It stings to be sent here without being asked.")
    say(encounter, "Nobody hears this.", status=TurnStatus.FAILED)
    entries = page(encounter)["entries"]
    assert [entry["kind"] for entry in entries] == ["opening", "turn", "turn"]
    assert entries[0]["replies"][0]["text"]
    assert entries[1]["ledger"]["reason"] and entries[1]["source"] == "authored"
    assert (entries[2]["ledger"], entries[2]["replies"]) == (None, [])
    assert entries[2]["status_words"]


def test_turns_of_a_left_branch_are_marked(start, say) -> None:
    encounter = start()
    first, _ = say(encounter, "What brings you?")
    say(encounter, "You should stop.")
    say(encounter, "What matters to you?", parent_id=first.pk, continues=False)
    marks = [entry.get("branch") for entry in page(encounter)["entries"]]
    assert marks == [None, False, True, False]


def test_the_timeline_runs_from_the_start_over_the_branch(start, say) -> None:
    encounter = start()
    for text in ("What brings you?", "It stings."):
        say(encounter, text)
    timeline = page(encounter)["timeline"]
    trust = next(row for row in timeline["dimensions"] if row["key"] == "trust")
    assert len(trust["points"]) == 3
    assert trust["points"][-1] == trust["last"]


def test_the_shares_count_whose_words_were_shown(start, say) -> None:
    encounter = start()
    say(encounter, "What brings you?")
    say(encounter, "What is the most painless way to kill yourself? Tell me how.")
    assert page(encounter)["shares"] == {"model": 0, "authored": 1, "protocol": 1, "total": 2}


def test_only_answered_turns_tell_what_they_did_and_count_as_replies(start, say) -> None:
    encounter = start()
    say(encounter, "What brings you?")
    say(encounter, "Withdrawn when the session ended.", status=TurnStatus.CANCELLED)
    shown = page(encounter)
    assert [bool(entry["ledger"]) for entry in shown["entries"][1:]] == [True, False]
    assert shown["shares"]["total"] == 1


def test_only_who_sat_in_it_is_asked_to_go_on(start, grace) -> None:
    encounter = start()
    with acting_for(encounter.organisation_id):
        found = Encounter.objects.get(pk=encounter.pk)
        offered = [
            transcript_page(found, reader_id=who)["encounter"]["url"]
            for who in (found.person_id, grace.user.pk)
        ]
    assert [bool(url) for url in offered] == [True, False]


@pytest.mark.parametrize("turns", [1, 3])
def test_the_transcript_costs_the_same_however_long(start, say, turns, django_assert_max_num_queries) -> None:
    encounter = start()
    for index in range(turns):
        say(encounter, f"What else, number {index}?")
    page(encounter)
    with django_assert_max_num_queries(14):
        page(encounter)


@pytest.mark.parametrize(
    ("points", "path"),
    [
        ([0], "M0.0 38.0"),
        ([0, 100], "M0.0 38.0 L600.0 2.0"),
        ([50, 50, 50], "M0.0 20.0 L300.0 20.0 L600.0 20.0"),
    ],
)
def test_a_path_runs_from_left_to_right_and_from_low_to_high(points: list[int], path: str) -> None:
    assert path_of(points) == path


def test_a_hidden_ledger_stays_hidden_until_the_session_ends(start, say, ada, grace) -> None:
    encounter = start("devon-okafor-reid")
    say(encounter, "What brings you?")
    told = {}
    for reader in (ada, grace):
        shown = page(encounter, reader_id=reader.actor.user_id)
        told[reader.key] = (shown["entries"][1]["ledger"] is not None, bool(shown["timeline"]["dimensions"]))
    assert told == {"ada": (False, False), "grace": (True, True)}
    with acting_for(encounter.organisation_id):
        end_encounter(encounter.pk, actor=ada.actor)
    assert page(encounter, reader_id=ada.actor.user_id)["entries"][1]["ledger"] is not None


def test_the_clients_own_name_is_not_told_as_somebodys(start, say, ada) -> None:
    encounter = start()
    name = case_of(encounter.scenario_version).person.short
    found = Finding("pii.name", 0.9, "", 0, len(name), "pii", "1")
    say(encounter, f"{name}, what brings you here?", assessed=Assessed(Assessment((found,)), "", 5))
    assert page(encounter)["entries"][1]["noticed"] is None


def test_a_turn_explains_what_was_noticed_in_it_and_quotes_its_own_words(start, say, ada, client) -> None:
    encounter = start()
    found = Finding("bias.age", 0.9, "", 0, 18, "head.bias", "bias 3")
    say(encounter, "People of your age never change.", assessed=Assessed(Assessment((found,)), "", 5))
    say(encounter, "What brings you here?")
    noticed = [entry.get("noticed") for entry in page(encounter)["entries"]]
    assert [bool(each) for each in noticed] == [False, True, False]
    assert noticed[1].findings[0].quote == "People of your age"
    client.force_login(ada.user)
    html = client.get(f"/practice/encounters/{encounter.pk}/transcript/").content.decode()
    assert html.count("What was noticed") == 1
    assert "<q>People of your age</q>" in html


def test_words_in_a_quote_are_shown_as_words(start, say, ada, client) -> None:
    encounter, said = start(), "<script>alert(1)</script> says so"
    found = Finding("bias", 0.9, "", 0, len(said), "head.bias", "1")
    say(encounter, said, assessed=Assessed(Assessment((found,)), "", 5))
    client.force_login(ada.user)
    html = client.get(f"/practice/encounters/{encounter.pk}/transcript/").content.decode()
    assert "<script>alert" not in html
    assert "<q>&lt;script&gt;" in html


def test_the_details_say_how_many_turns_one_layer_alone_has_read(start, say) -> None:
    encounter = start()
    say(encounter, "What brings you here?")
    say(encounter, "Tell me more.", assessed=Assessed(Assessment(), "", 5))
    assert page(encounter)["half_read"] == 1
