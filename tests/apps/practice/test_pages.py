import pytest

from apps.core.organisation import acting_for
from apps.encounters.services import end_encounter
from apps.practice import pages
from tests.cast import CastMember
from tests.factories import a_version

SLUGS = ("marcus-bell", "ines-carvalho", "ruth-abernathy")


def library(
    ada: CastMember, difficulty: set[str] = frozenset(), resistance: set[str] = frozenset()
) -> dict[str, object]:
    with acting_for(ada.actor.organisation_id):
        return pages.library_page(
            ada.actor.organisation_id,
            person_id=ada.actor.user_id,
            difficulty=difficulty,
            resistance=resistance,
        )


@pytest.fixture
def published(ada: CastMember) -> None:
    with acting_for(ada.actor.organisation_id):
        for slug in SLUGS:
            a_version(ada.actor.organisation_id, slug)


def test_the_library_shows_the_easiest_first(ada: CastMember, published: None) -> None:
    clients = library(ada)["clients"]
    assert [client["difficulty"] for client in clients] == [1, 2, 2]
    assert clients[0]["resistance_words"] == "agrees with everything, makes little of it"


@pytest.mark.parametrize(
    ("difficulty", "resistance", "names"),
    [
        ({"1"}, set(), {"Inês Carvalho"}),
        (set(), {"argues"}, {"Marcus Bell"}),
        ({"1"}, {"argues"}, set()),
        ({"2"}, {"argues", "deflects"}, {"Marcus Bell", "Ruth Abernathy"}),
    ],
)
def test_filters_narrow_the_library(ada, published, difficulty, resistance, names) -> None:
    page = library(ada, difficulty, resistance)
    assert {client["name"] for client in page["clients"]} == names
    assert [c["value"] for c in page["filters"]["difficulty"] if c["active"]] == sorted(difficulty)


def test_sessions_still_open_come_first_and_ended_ones_do_not(ada, start) -> None:
    open_one, ended = start(), start("ruth-abernathy")
    with acting_for(ada.actor.organisation_id):
        end_encounter(ended.pk, actor=ada.actor)
    assert [row["url"] for row in library(ada)["live"]] == [f"/practice/encounters/{open_one.pk}/"]


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_of_sessions_costs_the_same_however_long(
    ada, start, say, count, django_assert_max_num_queries
) -> None:
    for _ in range(count):
        say(start(), "What brings you?")
    with acting_for(ada.actor.organisation_id), django_assert_max_num_queries(3):
        rows = pages.sessions_page(ada.actor.user_id)["sessions"]
    assert [row["turns"] for row in rows] == [1] * count


def test_somebody_elses_sessions_are_not_listed(start, grace: CastMember) -> None:
    encounter = start()
    with acting_for(encounter.organisation_id):
        assert pages.sessions_page(encounter.person_id)["sessions"], "there is nothing that could leak"
        assert pages.sessions_page(grace.actor.user_id)["sessions"] == []


def test_the_live_screen_starts_from_the_case_and_the_socket(start) -> None:
    encounter = start()
    with acting_for(encounter.organisation_id):
        data = pages.encounter_page(encounter)["page_data"]
    assert data["ws_path"] == f"/ws/encounters/{encounter.pk}/"
    assert (data["last_seq"], data["transcript"], data["show_ledger"]) == (0, [], True)
