"""Whether this process lives, and whether it can do its work. Asks cheaply, with limits, and tells no secrets."""

from dataclasses import dataclass

from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connection
from psycopg_pool import PoolTimeout
from redis import RedisError


@dataclass(frozen=True)
class Readiness:
    """`degraded` names parts that are away while the product still works."""

    database: bool
    degraded: tuple[str, ...]

    @property
    def ready(self) -> bool:
        return self.database


def readiness() -> Readiness:
    """One trivial query within two seconds; Redis is reported, not required."""
    return Readiness(database=_database_answers(), degraded=() if _cache_answers() else ("redis",))


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except (DatabaseError, PoolTimeout):
        return False
    return True


def _cache_answers() -> bool:
    if settings.REDIS_PLACE is None:
        return True
    try:
        cache.get("health")
    except (RedisError, OSError):
        return False
    return True
