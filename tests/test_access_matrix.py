"""Every address of the product against the whole cast, beside the table of who may: `access_matrix.toml`.

A route that is not in the table fails, so that nobody adds a page without saying who it is for.
"""

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse

from apps.chat.routing import sockets
from apps.core.organisation import acting_for
from apps.encounters.models import Encounter
from apps.practice.services import start_practice
from tests.cast import CastMember
from tests.factories import CLIENT, a_version

TABLE = tomllib.loads((Path(__file__).parent / "access_matrix.toml").read_text(encoding="utf-8"))
SIGN_IN = "in"
ELSEWHERE = "->"


def routes() -> Iterator[str]:
    """Every route, as the table writes it."""

    def below(patterns: list[object], prefix: str) -> Iterator[str]:
        for pattern in patterns:
            route = prefix + str(pattern.pattern)
            if isinstance(pattern, URLPattern):
                yield route
            else:
                yield from below(pattern.url_patterns, route)

    return below(get_resolver().url_patterns, "")


@pytest.fixture(autouse=True)
def no_attempts_yet() -> None:
    cache.clear()


@pytest.fixture
def encounter(cast: dict[str, CastMember]) -> Encounter:
    """Ada's, live; its client belongs to Willow Lane alone."""
    ada = cast["ada"]
    with acting_for(ada.organisation.pk):
        return start_practice(a_version(ada.organisation.pk), actor=ada.actor, seed=1)


def address(route: str, encounter: Encounter) -> str:
    filled = route.replace("<uuid:pk>", str(encounter.pk)).replace("<slug:slug>", CLIENT)
    filled = filled.replace("<str:token>", "not-a-token")
    for pattern, example in TABLE["examples"].items():
        filled = filled.replace(pattern, example)
    return f"/{filled}"


def outcome(response: HttpResponse) -> str:
    if response.status_code not in (301, 302):
        return str(response.status_code)
    return SIGN_IN if response.url.startswith(reverse(settings.LOGIN_URL)) else ELSEWHERE


def observed(method: str, path: str, cast: dict[str, CastMember]) -> dict[str, str]:
    """What each gets; whatever a request changes is undone before the next."""
    found = {}
    for who in TABLE["people"]:
        client = Client()
        undone = transaction.atomic()
        undone._from_testcase = True  # or a denial, whose transaction is durable, could not be written inside
        with undone:
            if who in cast:
                client.force_login(cast[who].user)
            found[who] = outcome(getattr(client, method)(path))
            transaction.set_rollback(True)
        cache.clear()
    return found


def test_every_route_is_in_the_table_and_nothing_else() -> None:
    assert set(TABLE["routes"]) == set(routes())


def test_the_sockets_are_those_whose_access_is_tested() -> None:
    """`tests/apps/chat/test_consumers.py` puts the whole cast before each."""
    found = {str(route.pattern) for route in sockets.inner.routes}
    assert found == {"ws/encounters/<uuid:encounter_id>/", "<path:anything>"}


@pytest.mark.parametrize("route", TABLE["routes"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_route_answers_each_person_as_the_table_says(
    method: str, route: str, cast: dict[str, CastMember], encounter: Encounter
) -> None:
    expected = dict(zip(TABLE["people"], TABLE["routes"][route][method].split(), strict=True))
    assert observed(method, address(route, encounter), cast) == expected
