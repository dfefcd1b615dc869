"""Guessing passwords and addresses on the log-in and reset pages."""

import pytest
from django.core import mail
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client

from apps.accounts.models import User
from tests.cast import PASSWORD, CastMember

MOST_GUESSES = 12


@pytest.fixture(autouse=True)
def no_attempts_yet(settings: object) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    cache.clear()


def guess(password: str, *, email: str = "ada@example.org", **request: str) -> HttpResponse:
    return Client().post("/accounts/login/", {"login": email, "password": password}, **request)


def test_guessing_a_password_ends_after_a_handful_even_with_the_right_one(ada: CastMember) -> None:
    answers = [guess(f"guess-{n}") for n in range(6)]
    assert "Too many failed" in answers[-1].content.decode()
    right = guess(PASSWORD)
    assert right.status_code != 302


@pytest.mark.parametrize("header", ["", "HTTP_X_FORWARDED_FOR", "HTTP_X_REAL_IP"])
def test_guessing_from_one_place_ends_in_a_page_a_person_understands(ada: CastMember, header: str) -> None:
    for n in range(40):
        claimed = {header: f"10.0.0.{n}"} if header else {}
        answer = guess("guess", email=f"person-{n}@example.org", **claimed)
        if answer.status_code == 429:
            break
    assert answer.status_code == 429
    page = answer.content.decode()
    assert "That was tried too often." in page
    assert 'href="/help-now"' in page


def test_the_password_works_again_for_somebody_else(ada: CastMember, grace: CastMember) -> None:
    for n in range(6):
        guess(f"guess-{n}")
    assert guess(PASSWORD, email=grace.user.email).status_code == 302


@pytest.mark.parametrize("page", ["/accounts/login/", "/accounts/password/reset/"])
def test_a_page_answers_the_same_for_an_address_that_has_no_account(page: str, ada: CastMember) -> None:
    answers = {}
    for email in (ada.user.email, "nobody@example.org"):
        browser = Client()
        answer = browser.post(
            page, {"login": email, "email": email, "password": "wrong-guess-9"}, follow=True
        )
        body = answer.content.decode().replace(email, "")
        answers[email] = (answer.redirect_chain, answer.status_code, _without_tokens(body))
    assert answers[ada.user.email] == answers["nobody@example.org"]


def _without_tokens(page: str) -> list[str]:
    return [line for line in page.splitlines() if "csrfmiddlewaretoken" not in line]


@pytest.mark.django_db(transaction=True)
def test_a_reset_letter_goes_to_an_account_and_its_link_works_once(client: Client, ada: CastMember) -> None:
    client.post("/accounts/password/reset/", {"email": ada.user.email})
    letter = mail.outbox[0]
    assert letter.to == [ada.user.email]
    link = next(word for word in letter.body.split() if "/password/reset/key/" in word)
    form = client.get(link, follow=True)
    new = {"password1": "a-quiet-harbour", "password2": "a-quiet-harbour"}
    client.post(form.redirect_chain[-1][0], new)
    assert User.objects.get(pk=ada.user.pk).check_password("a-quiet-harbour")
    again = Client().get(link, follow=True).content.decode()
    assert "password1" not in again
