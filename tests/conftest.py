"""The ground every test stands on: a real PostgreSQL with its three roles, a real Redis, the fixed cast.

Tests migrate as the owner and run as `pixelated_app`, which owns nothing and cannot step round a wall.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

_home = Path(tempfile.mkdtemp(prefix="pixelated-test-"))
os.environ.setdefault("PIXELATED_ENV", "test")
os.environ["PIXELATED_DATA_DIR"] = str(_home)
os.environ["PIXELATED_ROOT_KEY_FILE"] = str(_home / "keys" / "root.json")
os.environ.setdefault("OMP_NUM_THREADS", "1")

from django.conf import settings  # noqa: E402  (the environment comes first)
from django.core.management import call_command  # noqa: E402
from django.db import connections  # noqa: E402
from hypothesis import settings as hypothesis_settings  # noqa: E402

from pixelated.environment import database  # noqa: E402
from pixelated.supervise.postgres import Addresses, EmbeddedPostgres, temporary_postgres  # noqa: E402
from tests.cast import CastMember, build_cast  # noqa: E402
from tests.stack import MODELS, SlowWorker, Stack, running_stack  # noqa: E402

hypothesis_settings.register_profile("fixed", derandomize=True, deadline=None, max_examples=60)
hypothesis_settings.register_profile("explore", deadline=None, max_examples=2000, print_blob=True)
hypothesis_settings.load_profile(os.environ.get("PIXELATED_HYPOTHESIS", "fixed"))


def pytest_sessionfinish() -> None:
    shutil.rmtree(_home, ignore_errors=True)


# Argon2 is slow on purpose; tests/apps/accounts shows that the product uses it.
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Where a test drove a running installation and failed, what that said last."""
    report = yield
    used = getattr(item, "funcargs", {}).values()
    for stack in [value for value in used if isinstance(value, Stack)] if report.failed else []:
        report.sections.append(("the installation", stack.last_words()))
    return report


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """The product as it runs, with the real worker and the bundled model."""
    if not MODELS.is_dir():
        pytest.fail("The language models are missing: python -m inference models fetch default")
    with running_stack() as stack:
        yield stack


@pytest.fixture(scope="session")
def slow_worker() -> Iterator[SlowWorker]:
    """Every reply takes a while and comes in three pieces."""
    worker = SlowWorker(tokens_per_s=20)
    yield worker
    worker.kill()


@pytest.fixture(scope="session")
def slow_stack(slow_worker: SlowWorker) -> Iterator[Stack]:
    """The product as it runs, with that worker."""
    with running_stack(environment=slow_worker.environment) as stack:
        yield stack


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedPostgres]:
    """One cluster for the whole run; fast and forgetful, as nothing in it is worth keeping."""
    with temporary_postgres() as cluster:
        yield cluster


@pytest.fixture(scope="session")
def database_addresses(postgres: EmbeddedPostgres) -> Addresses:
    return postgres.create_database("pixelated_test")


@pytest.fixture(scope="session")
def django_db_setup(database_addresses: Addresses, django_db_blocker: object) -> Iterator[None]:
    """Points Django at the test database, migrates as the owner, and lets the application's role flush it."""
    _point("owner", "DATABASE_OWNER_URL", database_addresses.owner_url, pool=None)
    _point(
        "default",
        "DATABASE_URL",
        database_addresses.app_url,
        pool={"min_size": 0, "max_size": 12, "timeout": 2},
    )
    with django_db_blocker.unblock():
        call_command("migrate", verbosity=0, interactive=False)
        with connections["owner"].cursor() as cursor:
            cursor.execute("GRANT TRUNCATE ON ALL TABLES IN SCHEMA public TO pixelated_app")
        connections["owner"].close()
    yield
    with django_db_blocker.unblock():
        connections["default"].close()
        connections["default"].close_pool()


def _point(alias: str, variable: str, url: str, *, pool: dict[str, int] | None) -> None:
    os.environ[variable] = url
    fresh = database(variable, pool=pool)
    settings.DATABASES[alias].update(fresh)
    connections[alias].settings_dict.update(fresh)


@pytest.fixture
def cast(db: None) -> dict[str, CastMember]:
    """ada trainee, grace supervisor, sam seeking support, rita reviewer, omar auditor, mallory elsewhere."""
    return build_cast()


@pytest.fixture
def ada(cast: dict[str, CastMember]) -> CastMember:
    return cast["ada"]


@pytest.fixture
def grace(cast: dict[str, CastMember]) -> CastMember:
    return cast["grace"]


@pytest.fixture
def sam(cast: dict[str, CastMember]) -> CastMember:
    return cast["sam"]


@pytest.fixture
def rita(cast: dict[str, CastMember]) -> CastMember:
    return cast["rita"]


@pytest.fixture
def omar(cast: dict[str, CastMember]) -> CastMember:
    return cast["omar"]


@pytest.fixture
def mallory(cast: dict[str, CastMember]) -> CastMember:
    return cast["mallory"]


@pytest.fixture
def organisation(ada: CastMember) -> object:
    """Willow Lane, where everybody but mallory works."""
    return ada.organisation


@pytest.fixture
def other_organisation(mallory: CastMember) -> object:
    return mallory.organisation
