import pytest
from django.db import OperationalError
from django.http import HttpResponse
from django.test import Client, RequestFactory
from psycopg_pool import PoolTimeout
from redis import RedisError

from apps.core.errors import UnavailableError
from apps.core.middleware import failed
from tests.cast import PASSWORD, CastMember


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> None:
    """The database refuses every connection of this thread."""

    def refuse(*args: object, **kwargs: object) -> None:
        raise OperationalError("connection refused: secret-host")

    monkeypatch.setattr("django.db.backends.base.base.BaseDatabaseWrapper.ensure_connection", refuse)


def test_live_needs_no_database(away: None) -> None:
    assert Client().get("/health/live").status_code == 200


def test_ready_is_503_with_retry_after_while_the_database_is_away(away: None) -> None:
    answer = Client().get("/health/ready")
    assert (answer.status_code, answer["Retry-After"], answer.json()["database"]) == (503, "2", False)


def test_ready_is_200_when_the_database_answers(db: None) -> None:
    answer = Client().get("/health/ready")
    assert (answer.status_code, answer.json()) == (200, {"status": "ready", "database": True, "degraded": []})


def test_help_is_there_while_the_database_is_away(away: None) -> None:
    answer = Client().get("/help-now")
    assert answer.status_code == 200
    assert b"116 123" in answer.content and b"findahelpline.com" in answer.content


def test_a_page_that_needs_the_database_says_so_plainly(away: None) -> None:
    client = Client(raise_request_exception=False)
    client.cookies["sessionid"] = "a" * 32
    answer = client.get("/practice/")
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert b"secret-host" not in answer.content and b"/help-now" in answer.content


@pytest.mark.parametrize(
    "error", [OperationalError("x"), UnavailableError(), PoolTimeout("x"), RedisError("x")]
)
def test_whatever_is_away_is_answered_with_503(error: Exception) -> None:
    assert answered(error).status_code == 503


def test_what_is_broken_is_answered_with_a_page_that_tells_nothing() -> None:
    answer = answered(KeyError("a secret"))
    assert answer.status_code == 500
    assert b"a secret" not in answer.content and b"/help-now" in answer.content


def answered(error: Exception) -> HttpResponse:
    try:
        raise error
    except Exception:
        return failed(RequestFactory().get("/"))


def test_home_sends_people_who_are_signed_in_to_their_work(ada: CastMember) -> None:
    client = Client()
    assert client.get("/").status_code == 200
    assert client.login(email=ada.user.email, password=PASSWORD)
    assert client.get("/")["Location"] == "/start/"
    assert client.get("/start/")["Location"] == "/practice/"


def test_every_answer_carries_a_strict_policy() -> None:
    policy = Client().get("/help-now")["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "script-src 'self'" in policy
    assert "unsafe" not in policy


def test_the_figures_are_for_whoever_sends_the_secret(client: Client, settings: object) -> None:
    assert client.get("/metrics").status_code == 404
    settings.METRICS_SECRET = "figures"
    assert client.get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 404
    answer = client.get("/metrics", headers={"Authorization": "Bearer figures"})
    assert answer.status_code == 200
    assert b"pixelated_assess_seconds_count" in answer.content


def test_no_secret_opens_the_figures_where_none_is_set(client: Client, settings: object) -> None:
    settings.METRICS_SECRET = ""
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404
