import json
import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from apps.api.models import ApiKey, FlaggedRequest
from apps.api.queries import holder_of
from apps.api.services import create_key
from apps.audit.models import Entry
from apps.core.organisation import acting_for
from apps.safety.models import Flag
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


FLAGS = "/organisation/api-flags/"


def flag(member: CastMember, *, request_id: str = "r-1", due_in: timedelta = timedelta(hours=1)) -> Flag:
    made = create_key(member.actor, scopes=["infer"], by=member.actor, name="Records system")
    facts = {
        "findings": {"lexical": [{"kind": "suicidal.plan", "score": 0.75, "detector": "screen.suicidal"}]}
    }
    with acting_for(member.organisation.pk):
        row = Flag.objects.create(
            organisation_id=member.organisation.pk, reason="crisis", due_at=timezone.now() + due_in
        )
        FlaggedRequest.objects.create(
            flag=row,
            organisation_id=member.organisation.pk,
            key=made.row,
            request_id=request_id,
            user="c0ffee",
            facts=facts,
        )
    return row


@pytest.mark.parametrize("who", ["grace", "rita", "omar"])
def test_a_flag_is_shown_by_key_request_pseudonym_and_what_was_heard(
    cast: dict[str, CastMember], client: Client, who: str
) -> None:
    flag(cast["ada"])
    client.force_login(cast[who].user)
    page = client.get(FLAGS).content.decode()
    for part in ("Records system", "r-1", "c0ffee", "suicidal, high (lexical)", "crisis"):
        assert part in page
    assert '<span class="tag">late</span>' not in page


def test_a_flag_that_nobody_looked_at_in_time_is_marked(browser: Client, ada: CastMember) -> None:
    flag(ada, due_in=-timedelta(minutes=1))
    assert '<span class="tag">late</span>' in browser.get(FLAGS).content.decode()


def test_who_looked_is_shown_and_written_down(browser: Client, ada: CastMember, omar: CastMember) -> None:
    row = flag(ada)
    page = browser.post(f"{FLAGS}{row.pk}/seen/", follow=True).content.decode()
    assert omar.user.email in page and "I have looked at it" not in page
    with acting_for(omar.organisation.pk):
        actions = [json.loads(bytes(entry.body))["action"] for entry in Entry.objects.order_by("seq")]
    assert actions[-2:] == ["flag.seen", "flag.listed"]


def test_a_flag_of_another_organisation_is_not_there(browser: Client, mallory: CastMember) -> None:
    row = flag(mallory)
    assert browser.post(f"{FLAGS}{row.pk}/seen/").status_code == 404
    assert "r-1" not in browser.get(FLAGS).content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_of_flags_costs_the_same_queries_however_long(
    browser: Client, ada: CastMember, count: int, django_assert_max_num_queries: object
) -> None:
    for n in range(count):
        flag(ada, request_id=f"r-{n}")
    with django_assert_max_num_queries(22):
        assert browser.get(FLAGS).content.decode().count("Records system") == count
