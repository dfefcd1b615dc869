import logging

import pytest
from django.conf import settings
from django.urls import reverse

from pixelated.logs import WithoutTokens, without_tokens

TOKEN = "dGhpcyBpcyBhIHNlY3JldCB0b2tlbg"


@pytest.mark.parametrize(
    "path",
    [
        reverse("accounts:invitation", args=[TOKEN]),
        reverse("accounts:join", args=[TOKEN]),
        reverse("account_confirm_email", args=[TOKEN]),
        reverse("account_reset_password_from_key", kwargs={"uidb36": "1", "key": TOKEN}),
    ],
)
def test_no_link_that_lets_somebody_in_reaches_a_log(path: str) -> None:
    record = logging.LogRecord("django.request", logging.ERROR, "", 0, "%s: %s", ("Not answered", path), None)
    assert TOKEN in record.getMessage(), "there is nothing that could leak"
    assert WithoutTokens().filter(record)
    assert TOKEN not in record.getMessage()


def test_other_paths_stay_as_they_are() -> None:
    assert without_tokens("Not Found: /practice/encounters/7/") == "Not Found: /practice/encounters/7/"


def test_every_handler_of_the_product_filters() -> None:
    handlers = settings.LOGGING["handlers"].values()
    assert handlers and all("without_tokens" in handler["filters"] for handler in handlers)
