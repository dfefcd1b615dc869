"""Settings as a process of its own reads them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
KEY = "k" * 50
READ = "import pixelated.settings as s; value = {}; print(value)"


def read(expression: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PIXELATED", "DATABASE", "REDIS"))
    }
    return subprocess.run(
        [sys.executable, "-c", READ.format(expression)],
        cwd=ROOT,
        env=kept | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        ({}, "PIXELATED_SECRET_KEY"),
        ({"PIXELATED_SECRET_KEY": "short"}, "PIXELATED_SECRET_KEY"),
        ({"PIXELATED_SECRET_KEY": "development-" + KEY}, "PIXELATED_SECRET_KEY"),
        ({"PIXELATED_SECRET_KEY": KEY, "PIXELATED_DEBUG": "1"}, "PIXELATED_DEBUG"),
        (
            {"PIXELATED_SECRET_KEY": KEY, "DATABASE_URL": "sqlite:///x"},
            "DATABASE_URL must begin with postgresql://",
        ),
    ],
)
def test_production_does_not_start_with_what_belongs_to_development(
    environment: dict[str, str], says: str
) -> None:
    done = read("1", PIXELATED_ENV="production", **environment)
    assert done.returncode != 0
    assert "ImproperlyConfigured" in done.stderr and says in done.stderr


def test_production_hides_cookies_behind_https_and_refuses_demo_data() -> None:
    expression = (
        "s.SESSION_COOKIE_NAME, s.SESSION_COOKIE_SECURE, s.SECURE_SSL_REDIRECT, s.DEMO_ALLOWED, s.DEBUG"
    )
    done = read(
        expression, PIXELATED_ENV="production", PIXELATED_SECRET_KEY=KEY, PIXELATED_HOSTS="example.org"
    )
    assert done.stdout.strip() == "('__Host-session', True, True, False, False)", done.stderr


def test_a_mail_server_that_hangs_is_left_in_seconds() -> None:
    asked = read("s.EMAIL_TIMEOUT")
    assert 0 < int(asked.stdout) <= 10, asked.stderr


def test_an_unknown_environment_stops_the_process_with_a_sentence() -> None:
    done = read("1", PIXELATED_ENV="staging")
    assert done.returncode != 0 and "Set it to development, test or production." in done.stderr


def test_development_makes_a_key_that_production_would_refuse() -> None:
    assert read("s.SECRET_KEY[:12]").stdout.strip() == "development-"


@pytest.mark.parametrize(
    ("url", "broker"),
    [
        ("redis://:pw@127.0.0.1:6379/0", "redis://:pw@127.0.0.1:6379/0"),
        ("unix://:pw@/run/redis.sock", "redis+socket://:pw@/run/redis.sock"),
    ],
)
def test_redis_is_spelled_as_each_library_wants_it(url: str, broker: str) -> None:
    assert read("s.CACHES['default']['LOCATION'], s.CELERY_BROKER_URL", REDIS_URL=url).stdout.strip() == str(
        (url, broker)
    )


def test_a_database_url_keeps_its_socket_folder_and_names() -> None:
    url = "postgresql://someone:secret@/things?host=/run/pg&port=5433"
    expression = "[s.DATABASES['default'][k] for k in ('NAME', 'USER', 'PASSWORD', 'HOST', 'PORT')]"
    assert (
        read(expression, DATABASE_URL=url).stdout.strip()
        == "['things', 'someone', 'secret', '/run/pg', '5433']"
    )
