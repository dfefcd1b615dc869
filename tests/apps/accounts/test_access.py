import json
from uuid import uuid4

import pytest
from django.test import Client

from apps.audit.models import Entry
from apps.core.organisation import acting_for
from tests.cast import CastMember

pytestmark = pytest.mark.django_db(transaction=True)


def last_entry(member: CastMember) -> dict[str, object]:
    with acting_for(member.actor.organisation_id):
        newest = Entry.objects.order_by("-seq").first()
        assert newest is not None
        return json.loads(bytes(newest.body))


@pytest.mark.parametrize(
    ("who", "path", "kind"),
    [
        ("sam", "/practice/", "practice_library"),
        ("ada", "/organisation/", "accounts_organisation"),
        ("mallory", f"/practice/encounters/{uuid4()}/transcript/", "practice_transcript"),
    ],
)
def test_what_is_not_there_for_somebody_is_written_down(
    cast: dict[str, CastMember], client: Client, who: str, path: str, kind: str
) -> None:
    member = cast[who]
    client.force_login(member.user, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert client.get(path).status_code == 404
    entry = last_entry(member)
    assert (entry["action"], entry["allowed"]) == ("access.denied", False)
    assert kind in json.dumps(entry) and str(member.user.pk) in json.dumps(entry)


def test_what_is_there_is_no_denial(ada: CastMember, client: Client) -> None:
    client.force_login(ada.user, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert client.get("/practice/").status_code == 200
    assert last_entry(ada)["action"] != "access.denied"
