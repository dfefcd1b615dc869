"""Reads the environment: one place that turns variables into typed values, and says how to mend a bad one.

Knows nothing of Django's settings names.
"""

import os
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from psycopg.conninfo import conninfo_to_dict

ROOT = Path(__file__).resolve().parent.parent


class RedisPlace(NamedTuple):
    """Where Redis is, as each library wants it spelled."""

    url: str
    celery_url: str


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, "").strip() or default


def data_dir() -> Path:
    """Where everything made at run time lives; ignored by git."""
    return Path(text("PIXELATED_DATA_DIR", str(ROOT / "var"))).resolve()


def is_production() -> bool:
    """True for PIXELATED_ENV=production.

    Raises:
        ImproperlyConfigured: for any word but development, test and production.
    """
    word = text("PIXELATED_ENV", "development")
    if word not in ("development", "test", "production"):
        raise ImproperlyConfigured(f"PIXELATED_ENV is {word!r}. Set it to development, test or production.")
    return word == "production"


def database(name: str, *, pool: dict[str, int] | None) -> dict[str, object]:
    """Django's settings for the PostgreSQL at the URL in variable `name` (any libpq URL; sockets by ?host=).

    Raises:
        ImproperlyConfigured: when the URL is not PostgreSQL's.
    """
    url = text(name, "postgresql://pixelated_app@/pixelated?host=/nonexistent")
    if urlsplit(url).scheme not in ("postgres", "postgresql"):
        raise ImproperlyConfigured(f"{name} must begin with postgresql://; no other database is supported.")
    parts = conninfo_to_dict(url)
    options: dict[str, object] = {
        "connect_timeout": 2,
        "options": "-c statement_timeout=10000 -c lock_timeout=4000"
        " -c idle_in_transaction_session_timeout=30000",
    }
    if "sslmode" in parts:
        options["sslmode"] = parts["sslmode"]
    if pool is not None:
        options["pool"] = pool
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.get("dbname", ""),
        "USER": parts.get("user", ""),
        "PASSWORD": parts.get("password", ""),
        "HOST": parts.get("host", ""),
        "PORT": parts.get("port", ""),
        "CONN_MAX_AGE": 0,
        "OPTIONS": options,
    }


def redis_place() -> RedisPlace | None:
    """None where REDIS_URL is unset: then limits count in memory and sockets elsewhere learn by polling."""
    url = text("REDIS_URL")
    if not url:
        return None
    celery_url = url.replace("unix://", "redis+socket://", 1) if url.startswith("unix://") else url
    return RedisPlace(url, celery_url)
