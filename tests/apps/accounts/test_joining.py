"""Coming in by an invitation or an organisation's link, page by page, as a browser would."""

import re
from typing import ClassVar
from urllib.parse import urlsplit

import pytest
from django.core import mail
from django.core.cache import cache
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection
from django.test import Client

from apps.accounts.enums import Role
from apps.accounts.errors import InvitationError
from apps.accounts.models import Membership, User
from apps.accounts.queries import actor_for, name_of
from apps.accounts.services import open_join_link
from tests.cast import PASSWORD, CastMember

NEWCOMER = "noor@example.net"
FORM = {
    "email": NEWCOMER,
    "password1": "a-quiet-harbour",
    "password2": "a-quiet-harbour",
    "name": "Noor Rahimi",
}


@pytest.fixture(autouse=True)
def no_attempts_yet(settings: object) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    cache.clear()


@pytest.fixture
def invitation_path(omar: CastMember) -> str:
    """The link that an administrator's page shows after inviting a supervisor."""
    administrator = Client()
    administrator.force_login(omar.user)
    page = administrator.post("/organisation/", {"email": NEWCOMER, "role": Role.SUPERVISOR})
    link = re.search(r"http://testserver(/accounts/invitation/[\w-]+/)", page.content.decode())
    assert link, page.content
    return link.group(1)


@pytest.fixture
def join_path(omar: CastMember) -> str:
    _, token = open_join_link(Role.TRAINEE, by=omar.actor)
    return f"/accounts/join/{token}/"


def roles_of(email: str) -> set[tuple[str, str]]:
    rows = Membership.objects.filter(user__email=email).select_related("organisation")
    return {(row.organisation.slug, row.role) for row in rows}


def is_signed_in(browser: Client) -> bool:
    return "_auth_user_id" in browser.session


def test_an_invited_person_goes_from_the_link_to_their_work(client: Client, invitation_path: str) -> None:
    welcome = client.get(invitation_path)
    assert "Willow Lane Training Clinic" in welcome.content.decode()
    assert client.post(invitation_path).url == "/accounts/signup/"
    assert client.get("/accounts/signup/").status_code == 200

    done = client.post("/accounts/signup/", FORM)
    assert (done.status_code, done.url) == (302, "/start/")
    assert client.get("/start/").url == "/practice/"
    assert roles_of(NEWCOMER) == {("willow", Role.SUPERVISOR)}
    actor = actor_for(User.objects.get(email=NEWCOMER))
    assert actor and name_of(actor) == "Noor Rahimi"
    assert mail.outbox == []

    assert Client().get(invitation_path).status_code == 409


def test_an_invitation_brings_in_no_other_address(client: Client, invitation_path: str) -> None:
    client.post(invitation_path)
    refused = client.post("/accounts/signup/", FORM | {"email": "mallory@example.net"})
    assert f"This invitation is for {NEWCOMER}." in refused.content.decode()
    assert not User.objects.filter(email="mallory@example.net").exists()
    assert client.post("/accounts/signup/", FORM).url == "/start/"


@pytest.mark.django_db(transaction=True)
def test_an_invitation_used_up_meanwhile_leaves_no_account(
    client: Client, invitation_path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.post(invitation_path)
    monkeypatch.setattr("apps.accounts.joining.accept_invitation", used_up)
    refused = client.post("/accounts/signup/", FORM)
    assert refused.status_code == 409
    assert "This link does not work any more." in refused.content.decode()
    assert not User.objects.filter(email=NEWCOMER).exists()
    assert not is_signed_in(client)


def used_up(token: str, *, user: User, name: str) -> Membership:
    """As when another tab was faster."""
    raise InvitationError


def test_a_person_with_an_account_accepts_an_invitation_without_another(
    client: Client, omar: CastMember, ada: CastMember
) -> None:
    administrator = Client()
    administrator.force_login(omar.user)
    page = administrator.post("/organisation/", {"email": ada.user.email, "role": Role.REVIEWER})
    path = re.search(r"http://testserver(/accounts/invitation/[\w-]+/)", page.content.decode()).group(1)
    client.force_login(ada.user)
    assert client.post(path, {"name": "Ada Nwosu"}).url == "/start/"
    assert roles_of(ada.user.email) == {("willow", Role.TRAINEE), ("willow", Role.REVIEWER)}


def test_the_link_opened_last_is_the_one_that_counts(
    client: Client, invitation_path: str, mallory: CastMember
) -> None:
    """As in a browser where somebody left an invitation open before another person signed in."""
    client.post(invitation_path)
    _, token = open_join_link(Role.SEEKER, by=mallory.actor)
    client.post(f"/accounts/join/{token}/")
    client.post("/accounts/signup/", FORM)
    assert roles_of(NEWCOMER) == {("harbour", Role.SEEKER)}


@pytest.mark.django_db(transaction=True)
def test_no_letter_is_sent_while_signing_up_holds_the_logs_head(
    client: Client, join_path: str, settings: object
) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.Attentive"
    Attentive.in_transaction.clear()
    client.post(join_path)
    client.post("/accounts/signup/", FORM)
    assert Attentive.in_transaction == [False]


class Attentive(BaseEmailBackend):
    """Notes whether a transaction was open when letters were given to it."""

    in_transaction: ClassVar[list[bool]] = []

    def send_messages(self, letters: list[object]) -> int:
        self.in_transaction.append(connection.in_atomic_block)
        return len(letters)


@pytest.mark.django_db(transaction=True)
def test_whoever_comes_by_the_link_must_show_that_the_address_is_theirs(
    client: Client, join_path: str
) -> None:
    client.post(join_path)
    waiting = client.post("/accounts/signup/", FORM)
    assert waiting.url == "/accounts/confirm-email/"
    assert not is_signed_in(client)
    signing_in = client.post("/accounts/login/", {"login": NEWCOMER, "password": FORM["password1"]})
    assert signing_in.url == "/accounts/confirm-email/"
    assert not is_signed_in(client)

    letter = mail.outbox[0]
    assert letter.to == [NEWCOMER]
    confirm = urlsplit(re.search(r"http://\S+/accounts/confirm-email/\S+", letter.body).group()).path
    elsewhere = Client()
    assert elsewhere.get(confirm).status_code == 200
    elsewhere.post(confirm)
    elsewhere.post("/accounts/login/", {"login": NEWCOMER, "password": FORM["password1"]})
    assert is_signed_in(elsewhere)
    assert elsewhere.get("/start/").url == "/practice/"
    assert roles_of(NEWCOMER) == {("willow", Role.TRAINEE)}


def test_an_address_nobody_confirmed_sees_nothing_of_the_organisation(client: Client, join_path: str) -> None:
    client.post(join_path)
    client.post("/accounts/signup/", FORM)
    assert client.get("/practice/").url.startswith("/accounts/login/")


@pytest.mark.django_db(transaction=True)
def test_signing_up_tells_nobody_whether_an_address_has_an_account(join_path: str, ada: CastMember) -> None:
    answers = []
    for email in (NEWCOMER, ada.user.email):
        browser = Client()
        browser.post(join_path)
        answer = browser.post("/accounts/signup/", FORM | {"email": email})
        answers.append(
            (answer.status_code, answer.url, browser.get(answer.url).content.replace(email.encode(), b""))
        )
    assert answers[0] == answers[1]
    assert [letter.to for letter in mail.outbox] == [[NEWCOMER], [ada.user.email]]
    assert ada.user.check_password(PASSWORD)


def test_without_a_link_signing_up_is_closed(client: Client, db: None) -> None:
    page = client.get("/accounts/signup/")
    assert "Accounts come by invitation" in page.content.decode()
    client.post("/accounts/signup/", FORM)
    assert not User.objects.filter(email=NEWCOMER).exists()


def test_a_closed_link_lets_nobody_sign_up(client: Client, join_path: str, omar: CastMember) -> None:
    client.post(join_path)
    open_join_link(Role.TRAINEE, by=omar.actor)
    client.post("/accounts/signup/", FORM)
    assert not User.objects.filter(email=NEWCOMER).exists()
    assert Client().get(join_path).status_code == 409
