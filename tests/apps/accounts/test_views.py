"""The pages about the service outside: what they tell, who may change what, and that nothing changes by itself."""

import pytest
from django.test import Client

from apps.accounts import remote_engine as outside
from apps.accounts.models import Organisation
from tests.cast import CastMember

NAME = "Outside Words"
ORGANISATION, SWITCH, CONSENT = "/organisation/", "/organisation/remote-engine/", "/practice/outside/"

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def offered(settings: object) -> None:
    settings.REMOTE_ENGINE = NAME


def browser_of(member: CastMember) -> Client:
    browser = Client()
    browser.force_login(member.user)
    return browser


def page_of(member: CastMember, path: str) -> str:
    return " ".join(browser_of(member).get(path).content.decode().split())


def is_on(member: CastMember) -> bool:
    return Organisation.objects.get(pk=member.organisation.pk).remote_engine == NAME


def test_the_organisation_s_page_names_the_service_what_it_is_sent_and_that_it_is_off(omar) -> None:
    page = page_of(omar, ORGANISATION)
    assert f"{NAME} is a language model outside this installation." in page
    assert "It is <strong>off</strong> for your organisation." in page
    assert "what the person who practises has just written" in page
    assert f"Turn {NAME} on" in page


def test_an_administrator_turns_it_on_and_off(omar) -> None:
    browser = browser_of(omar)
    assert browser.post(SWITCH, {"turn": "on"}).status_code == 302
    assert is_on(omar)
    assert "It is <strong>on</strong>" in page_of(omar, ORGANISATION)
    browser.post(SWITCH, {"turn": "off"})
    assert not is_on(omar)


def test_anything_but_a_clear_word_turns_it_off(omar) -> None:
    outside.turn_on(by=omar.actor)
    browser_of(omar).post(SWITCH)
    assert not is_on(omar)


@pytest.mark.parametrize("who", ["ada", "grace", "sam", "rita", "mallory"])
def test_nobody_else_turns_it_on(who: str, cast, omar) -> None:
    assert browser_of(cast[who]).post(SWITCH, {"turn": "on"}).status_code == 404
    assert not Organisation.objects.exclude(remote_engine="").exists()


def test_a_supervisor_sees_it_and_has_no_button(grace) -> None:
    page = page_of(grace, ORGANISATION)
    assert NAME in page and "remote-form" not in page


def test_nothing_is_said_of_it_where_the_installation_has_none(omar, ada, settings) -> None:
    settings.REMOTE_ENGINE = ""
    assert "outside this installation" not in page_of(omar, ORGANISATION)
    assert "Your organisation uses no service outside." in page_of(ada, CONSENT)


def test_a_person_agrees_and_withdraws_on_a_page_that_says_what_is_sent(ada, omar) -> None:
    outside.turn_on(by=omar.actor)
    page = page_of(ada, CONSENT)
    assert "You have not agreed." in page and f"I agree that {NAME} words answers for me" in page
    assert "is sent as they wrote it" in page
    browser = browser_of(ada)
    assert browser.post(CONSENT, {"agree": "yes"}).status_code == 302
    assert outside.standing_of(ada.actor).speaks
    assert "Withdraw my agreement" in page_of(ada, CONSENT)
    browser.post(CONSENT, {"agree": "no"})
    assert not outside.standing_of(ada.actor).speaks


@pytest.mark.parametrize("said", [{}, {"agree": ""}, {"agree": "on"}, {"agree": "YES"}])
def test_anything_but_a_clear_yes_is_no_agreement(said: dict[str, str], ada, omar) -> None:
    outside.turn_on(by=omar.actor)
    browser_of(ada).post(CONSENT, said)
    assert not outside.standing_of(ada.actor).speaks


def test_a_yes_is_refused_where_the_organisation_has_it_off(ada) -> None:
    answer = browser_of(ada).post(CONSENT, {"agree": "yes"})
    assert answer.status_code == 409
    assert "Nothing of yours is sent outside." in answer.content.decode()
