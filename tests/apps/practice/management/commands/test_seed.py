from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from apps.accounts.models import Membership, Organisation, User
from apps.core.organisation import acting_for
from apps.scenarios.library import slugs
from apps.scenarios.queries import newest_versions


def seed() -> str:
    out = StringIO()
    call_command("seed", stdout=out)
    return out.getvalue()


@pytest.mark.django_db
def test_seed_makes_people_and_clients_once_and_prints_how_to_sign_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PIXELATED_DEMO_PASSWORD", "chosen-for-the-demo")
    said = seed()
    counts = (User.objects.count(), Organisation.objects.count(), Membership.objects.count())
    assert seed() == said
    assert (User.objects.count(), Organisation.objects.count(), Membership.objects.count()) == counts
    assert "chosen-for-the-demo" in said and "ada@example.org" in said
    for organisation in Organisation.objects.all():
        with acting_for(organisation.pk):
            assert len(newest_versions(organisation.pk)) == len(slugs())


@pytest.mark.django_db
def test_seed_changes_the_password_to_the_one_given(monkeypatch: pytest.MonkeyPatch) -> None:
    seed()
    monkeypatch.setenv("PIXELATED_DEMO_PASSWORD", "another-one-now")
    seed()
    assert User.objects.get(email="ada@example.org").check_password("another-one-now")


@pytest.mark.django_db
def test_seed_is_refused_in_production(settings: object) -> None:
    settings.DEMO_ALLOWED = False
    with pytest.raises(CommandError, match="not made in production"):
        seed()
    assert not User.objects.exists()
