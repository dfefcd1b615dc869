import json

import pytest

from apps.accounts import remote_engine as outside
from apps.audit.models import Entry
from apps.core.organisation import acting_for
from apps.encounters.enums import Source, TurnStatus
from apps.practice.answers import PracticeAnswerer
from apps.practice.models import Reaction
from apps.scenarios.case import DIMENSIONS

SKILLED = (
    "It stings to be sent here without being asked.",
    "What would make this hour worth your time?",
    "You want people to know what those eleven years were worth.",
    "What worries you, if anything, about how it is going?",
)


def ledgers(encounter: object) -> list[dict[str, object]]:
    with acting_for(encounter.organisation_id):
        return [row.ledger for row in Reaction.objects.order_by("turn__opened_at")]


def test_the_same_words_and_seed_give_the_same_ledger(start, say) -> None:
    runs = []
    for _ in range(2):
        encounter = start(seed=11)
        before = len(ledgers(encounter))
        for text in SKILLED:
            say(encounter, text)
        runs.append(ledgers(encounter)[before:])
    assert runs[0] == runs[1]
    assert len(runs[0]) == len(SKILLED)


def test_the_reaction_is_decided_before_any_word_is_made(start, say) -> None:
    encounter = start()
    turn, plan = say(encounter, SKILLED[0])
    with acting_for(encounter.organisation_id):
        reaction = Reaction.objects.get(turn=turn)
    assert plan.fixed.source == Source.AUTHORED
    assert set(reaction.ledger["state"]) == set(DIMENSIONS)
    assert reaction.ledger["reason"].endswith(".")


def test_what_is_recorded_holds_no_word_that_was_said(start, say) -> None:
    encounter = start()
    say(encounter, "Your heliotrope umbrella stings, Zbigniew, doesn't it?")
    with acting_for(encounter.organisation_id):
        row = Reaction.objects.get()
    kept = json.dumps([row.ledger, row.memory, row.line_id])
    assert "heliotrope" not in kept and "Zbigniew" not in kept
    assert row.memory["n"] == 1


def test_a_failed_turn_moves_nothing(start, say) -> None:
    encounter = start()
    say(encounter, SKILLED[0])
    say(encounter, "You are lying to yourself and everybody knows it.", status=TurnStatus.FAILED)
    say(encounter, SKILLED[1])
    first, failed, after = ledgers(encounter)
    assert failed["state"] != first["state"], "the failed turn would have moved the client"
    other = start()
    say(other, SKILLED[0])
    say(other, SKILLED[1])
    assert ledgers(other)[-1] == after


def test_another_branch_starts_from_its_parent(start, say) -> None:
    encounter = start()
    first, _ = say(encounter, SKILLED[0])
    say(encounter, "You should just stop drinking.")
    say(encounter, SKILLED[1], parent_id=first.pk, continues=False)
    straight = start()
    say(straight, SKILLED[0])
    say(straight, SKILLED[1])
    assert ledgers(encounter)[2] == ledgers(straight)[-1]


def test_an_authored_line_is_not_said_twice_in_a_branch(start, say) -> None:
    encounter = start("ruth-abernathy")
    said = [say(encounter, f"{text} ({index})")[1].fixed.texts[0] for index, text in enumerate(SKILLED * 4)]
    assert len(set(said)) == len(said)


def test_the_ledger_is_told_only_where_the_case_shows_it(start, say) -> None:
    shown, hidden = start("marcus-bell"), start("devon-okafor-reid")
    told = {}
    for encounter in (shown, hidden):
        turn, _ = say(encounter, SKILLED[0])
        with acting_for(encounter.organisation_id):
            told[encounter.pk] = PracticeAnswerer().told([turn.pk])[turn.pk]["ledger"]
    assert told[shown.pk] is not None
    assert told[hidden.pk] is None


NAME = "Outside Words"


@pytest.fixture
def agreed(ada, omar, settings) -> None:
    settings.REMOTE_ENGINE = NAME
    outside.turn_on(by=omar.actor)
    outside.agree(by=ada.actor)


def sent_outside(member) -> list[tuple[str, str]]:
    with acting_for(member.actor.organisation_id):
        entries = [json.loads(bytes(entry.body)) for entry in Entry.objects.order_by("seq")]
    told = ("encounter.started", "turn.sent_outside")
    return [(e["action"], e["purpose"]) for e in entries if e["action"] in told]


def test_a_service_outside_is_asked_where_both_agreed_and_the_turn_and_the_log_say_so(
    agreed, start, say, ada
) -> None:
    turn, plan = say(start(), SKILLED[0])
    assert plan.request.remote_engine == NAME
    with acting_for(turn.organisation_id):
        turn.refresh_from_db()
    assert turn.versions["remote_engine"] == NAME
    assert sent_outside(ada) == [
        ("encounter.started", "remote_engine outside-words"),
        ("turn.sent_outside", "remote_engine outside-words"),
    ]


def test_nothing_is_sent_outside_where_nobody_agreed(start, say, ada, omar, settings) -> None:
    settings.REMOTE_ENGINE = NAME
    outside.turn_on(by=omar.actor)
    turn, plan = say(start(), SKILLED[0])
    assert plan.request.remote_engine == ""
    assert "remote_engine" not in plan.versions
    assert sent_outside(ada) == [("encounter.started", "")]


def test_agreeing_in_the_middle_of_a_session_waits_for_the_next_one(start, say, ada, omar, settings) -> None:
    settings.REMOTE_ENGINE = NAME
    encounter = start()
    outside.turn_on(by=omar.actor)
    outside.agree(by=ada.actor)
    assert say(encounter, SKILLED[0])[1].request.remote_engine == ""
    assert say(start(), SKILLED[0])[1].request.remote_engine == NAME


@pytest.mark.parametrize("ended_by", ["the person", "the organisation", "the installation"])
def test_nothing_is_sent_from_the_next_turn_on_once_either_has_withdrawn(
    ended_by: str, agreed, start, say, ada, omar, settings
) -> None:
    encounter = start()
    assert say(encounter, SKILLED[0])[1].request.remote_engine == NAME
    if ended_by == "the person":
        outside.withdraw(by=ada.actor)
    elif ended_by == "the organisation":
        outside.turn_off(by=omar.actor)
    else:
        settings.REMOTE_ENGINE = "Other Words"
    assert say(encounter, SKILLED[1])[1].request.remote_engine == ""


def test_the_pages_name_it_while_it_words_the_answers(agreed, start, ada, client) -> None:
    encounter = start()
    client.force_login(ada.user)
    live = f"/practice/encounters/{encounter.pk}/"
    named = f"Answers are worded by {NAME}, outside this installation."
    assert named in client.get(live).content.decode()
    assert f"will be worded by {NAME}" in client.get("/practice/clients/marcus-bell/").content.decode()
    outside.withdraw(by=ada.actor)
    assert named not in client.get(live).content.decode()
    case = client.get("/practice/clients/marcus-bell/").content.decode()
    assert "will be worded by" not in case and "remote-offer" in case


def test_the_transcript_names_who_was_asked(agreed, start, say, ada, client) -> None:
    encounter = start()
    say(encounter, SKILLED[0])
    client.force_login(ada.user)
    page = client.get(f"/practice/encounters/{encounter.pk}/transcript/").content.decode()
    assert "Worded outside by" in page and NAME in page
