import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.accounts.models import Membership
from apps.api import limits
from apps.api.models import ApiKey
from apps.api.services import MadeKey, revoke_key
from apps.core.organisation import acting_for
from tests.apps.api.conftest import Caller, a_key, audited, in_thread
from tests.cast import CastMember

pytestmark = [pytest.mark.django_db(transaction=True)]
QUERY = {"user_query": "I feel flat these days."}


def change(made: MadeKey, **values: object) -> None:
    with acting_for(made.row.organisation_id):
        ApiKey.objects.filter(pk=made.row.pk).update(**values)


async def refused(key: str) -> tuple[int, str]:
    answer = await Caller(key).post("infer", QUERY)
    return answer.status_code, answer.json()["error"]["code"]


@pytest.mark.parametrize("key", ["", "nonsense", "px_abcdefgh_" + "A" * 64, "px_abcdefgh_" + "\u00e9" * 64])
async def test_a_key_that_is_none_opens_nothing(db: None, engine: Callable, key: str) -> None:
    assert await refused(key.encode().decode("latin-1")) == (401, "unauthorised")


async def test_expired_revoked_and_wrong_keys_look_the_same(ada: CastMember, engine: Callable) -> None:
    expired, revoked, works = [await in_thread(a_key, ada) for _ in range(3)]
    await in_thread(lambda: change(expired, expires_at=timezone.now() - timedelta(seconds=1)))
    await in_thread(lambda: revoke_key(revoked.row.pk, by=ada.actor))
    wrong = works.text[:-1] + ("A" if works.text[-1] != "A" else "B")
    assert [await refused(key) for key in (expired.text, revoked.text, wrong)] == [(401, "unauthorised")] * 3
    assert (await Caller(works.text).post("infer", QUERY)).status_code == 200


async def test_a_key_with_another_organisation_written_into_it_opens_nothing(
    ada: CastMember, mallory: CastMember, engine: Callable
) -> None:
    hers, theirs = await in_thread(a_key, mallory), await in_thread(a_key, ada)
    assert await refused(theirs.text[:33] + hers.text[33:]) == (401, "unauthorised")


async def test_a_key_ends_with_its_owners_membership(ada: CastMember, engine: Callable) -> None:
    made = await in_thread(a_key, ada)
    await in_thread(lambda: Membership.objects.filter(user=ada.user).delete())
    assert await refused(made.text) == (401, "unauthorised")


async def test_a_scope_that_is_missing_is_refused_and_written_down(ada: CastMember, engine: Callable) -> None:
    made = await in_thread(a_key, ada, "encounters")
    assert await refused(made.text) == (403, "missing_scope")
    [entry] = await audited(ada, "access.denied")
    assert (entry["object_kind"], entry["purpose"], entry["allowed"]) == ("api_key", "scope:infer", False)


async def test_a_scope_is_lost_with_the_role_that_allowed_it(omar: CastMember, engine: Callable) -> None:
    made = await in_thread(a_key, omar, "admin")
    assert (await Caller(made.text).get("status")).status_code == 200
    await in_thread(lambda: Membership.objects.filter(user=omar.user, role="administrator").delete())
    assert (await Caller(made.text).get("status")).status_code == 403


async def test_over_the_limit_the_answer_says_when_to_ask_again(
    ada: CastMember, engine: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(limits.PER_KEY, "infer", 2)
    caller = Caller((await in_thread(a_key, ada)).text)
    answers = [await caller.post("infer", QUERY) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [answer["RateLimit-Remaining"] for answer in answers] == ["1", "0", "0"]
    assert answers[2].json()["error"]["code"] == "rate_limited"
    assert answers[2]["Retry-After"] == answers[2]["RateLimit-Reset"]


async def test_two_keys_of_one_role_share_the_roles_limit(
    ada: CastMember, engine: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(limits.PER_ROLE, "trainee", 2)
    callers = [Caller((await in_thread(a_key, ada)).text) for _ in range(2)]
    statuses = [(await callers[n % 2].post("infer", QUERY)).status_code for n in range(3)]
    assert statuses == [200, 200, 429]


async def test_guessing_keys_is_slowed_by_address_and_shuts_nobody_else_out(
    ada: CastMember, engine: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "REFUSED_PER_ADDRESS", 3)
    statuses = [(await refused("px_abcdefgh_" + "A" * 64))[0] for _ in range(5)]
    assert statuses == [401, 401, 401, 429, 429]
    assert (await Caller((await in_thread(a_key, ada)).text).post("infer", QUERY)).status_code == 200


async def test_using_a_key_is_noted_to_the_minute(ada: CastMember, engine: Callable) -> None:
    made = await in_thread(a_key, ada)
    await asyncio.gather(*(Caller(made.text).post("infer", QUERY) for _ in range(3)))

    def last_used() -> object:
        with acting_for(ada.organisation.pk):
            return ApiKey.objects.get(pk=made.row.pk).last_used_at

    assert await in_thread(last_used) is not None
