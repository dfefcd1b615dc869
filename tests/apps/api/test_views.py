import re

import pytest
from django.test import Client

from apps.api.models import ApiKey
from apps.api.queries import holder_of
from apps.api.services import create_key
from apps.core.organisation import acting_for
from tests.cast import CastMember

pytestmark = [pytest.mark.django_db]
PAGE = "/organisation/api-keys/"


@pytest.fixture
def browser(omar: CastMember, client: Client) -> Client:
    client.force_login(omar.user)
    return client


def test_a_key_is_shown_once_and_works(browser: Client, omar: CastMember) -> None:
    answer = browser.post(PAGE, {"name": "Records system", "scopes": ["infer"], "days": 30})
    text = re.search(r'value="(px_[^"]+)"', answer.content.decode())[1]
    assert holder_of(text).actor.user_id == omar.user.pk
    again = browser.get(PAGE).content.decode()
    assert text not in again and "Records system" in again and text[:11] in again


def test_a_key_that_cannot_be_made_says_why_and_keeps_the_form(browser: Client) -> None:
    answer = browser.post(PAGE, {"name": "Records", "scopes": ["encounters"], "days": 30})
    assert "roles do not allow" in answer.content.decode()
    assert "px_" not in answer.content.decode()


def test_a_revoked_key_is_listed_as_such(browser: Client, omar: CastMember) -> None:
    made = create_key(omar.actor, scopes=["infer"], by=omar.actor)
    answer = browser.post(f"{PAGE}{made.row.pk}/revoke/", follow=True)
    assert "Revoked" in answer.content.decode()
    assert holder_of(made.text) is None


def test_a_key_of_another_organisation_is_not_there(browser: Client, mallory: CastMember) -> None:
    made = create_key(mallory.actor, scopes=["infer"], by=mallory.actor)
    assert browser.post(f"{PAGE}{made.row.pk}/revoke/").status_code == 404
    assert holder_of(made.text) is not None


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_costs_the_same_queries_however_long(
    browser: Client, omar: CastMember, count: int, django_assert_max_num_queries: object
) -> None:
    for _ in range(count):
        create_key(omar.actor, scopes=["infer"], by=omar.actor)
    with django_assert_max_num_queries(22):
        assert browser.get(PAGE).content.decode().count("px_") >= count


def test_making_listing_and_revoking_are_written_down(browser: Client, omar: CastMember) -> None:
    import json

    from apps.audit.models import Entry

    browser.post(PAGE, {"name": "x", "scopes": ["infer"], "days": 1})
    with acting_for(omar.organisation.pk):
        key = ApiKey.objects.get()
    browser.post(f"{PAGE}{key.pk}/revoke/")
    with acting_for(omar.organisation.pk):
        actions = [json.loads(bytes(entry.body))["action"] for entry in Entry.objects.order_by("seq")]
    assert [action for action in actions if action.startswith("api_key.")] == [
        "api_key.created",
        "api_key.listed",
        "api_key.revoked",
    ]


def test_the_documentation_names_every_endpoint_and_loads_nothing_from_elsewhere(client: Client) -> None:
    answer = client.get("/api/")
    page = answer.content.decode()
    for path in (
        "health",
        "status",
        "infer",
        "batch-infer",
        "reload-model",
        "chat/completions",
        "encounters",
    ):
        assert f"/api/v1/{path}" in page
    assert not re.search(r'(?:src|href)="https?://', page)
    assert "style=" not in page and "<script>" not in page
    assert "'unsafe" not in answer["Content-Security-Policy"]
