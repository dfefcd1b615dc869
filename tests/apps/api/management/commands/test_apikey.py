from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from apps.api.queries import holder_of
from tests.cast import CastMember

pytestmark = [pytest.mark.django_db]


def test_the_key_alone_is_printed_and_works(omar: CastMember) -> None:
    out, err = StringIO(), StringIO()
    call_command(
        "apikey", "create", "--owner", "OMAR@example.org", "--scopes", "infer,admin", stdout=out, stderr=err
    )
    holder = holder_of(out.getvalue().strip())
    assert holder is not None
    assert (holder.actor.user_id, holder.scopes) == (omar.user.pk, {"infer", "admin"})
    assert "signed with" in err.getvalue()


@pytest.mark.parametrize(
    ("owner", "scopes", "words"),
    [
        ("nobody@example.org", "infer", "Nobody"),
        ("ada@example.org", "admin", "roles do not allow"),
        ("ada@example.org", "all", "Choose scopes"),
        ("ada@example.org", "", "Choose scopes"),
    ],
)
def test_what_cannot_be_made_is_said_in_a_sentence(cast: object, owner: str, scopes: str, words: str) -> None:
    with pytest.raises(CommandError, match=words):
        call_command("apikey", "create", "--owner", owner, "--scopes", scopes, stdout=StringIO())
