import pytest

from apps.core.organisation import acting_for
from apps.encounters.models import Encounter
from apps.scenarios.services import publish_library
from tests.apps.api.conftest import Caller, a_key, audited, in_thread
from tests.cast import CastMember

pytestmark = [pytest.mark.django_db(transaction=True)]


@pytest.fixture
def library(ada: CastMember) -> None:
    with acting_for(ada.organisation.pk):
        publish_library(ada.organisation.pk)


async def test_a_practice_session_starts_with_a_client_who_resists_in_the_ways_asked_for(
    ada_calls: Caller, library: None, ada: CastMember
) -> None:
    answer = await ada_calls.post(
        "encounters", {"mode": "practice", "resistance_patterns": ["argues", "deflects"]}
    )
    assert answer.status_code == 201, answer.content
    body = answer.json()
    assert {"argues", "deflects"} <= set(body["client"]["resistance_patterns"])

    def row() -> Encounter:
        with acting_for(ada.organisation.pk):
            return Encounter.objects.select_related("scenario_version__scenario").get(pk=body["id"])

    encounter = await in_thread(row)
    assert (encounter.person_id, encounter.scenario_version.scenario.slug) == (
        ada.user.pk,
        body["client"]["slug"],
    )
    assert body["page"] == f"/practice/encounters/{encounter.pk}/" and body["opening"]
    assert len(await audited(ada, "encounter.started")) == 1


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"mode": "practice", "resistance_patterns": ["sulks"]}, "resistance_unknown"),
        ({"mode": "practice", "client_profile": {"slug": "nobody-here"}}, "client_unknown"),
        ({"mode": "practice", "session_type": "check_in"}, "session_type_unfit"),
        ({"mode": "support", "session_type": "check_in"}, "mode_unavailable"),
        ({"mode": "chess"}, "invalid"),
        ({"mode": "practice", "client_profile": {"difficulty": 9}}, "invalid"),
    ],
)
async def test_what_cannot_be_started_is_refused_by_a_code(
    ada_calls: Caller, library: None, body: dict[str, object], code: str
) -> None:
    answer = await ada_calls.post("encounters", body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, code)


async def test_another_organisations_library_is_not_offered(
    mallory: CastMember, library: None, engine: object
) -> None:
    made = await in_thread(a_key, mallory, "encounters")
    answer = await Caller(made.text).post("encounters", {"mode": "practice"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "client_unknown")
