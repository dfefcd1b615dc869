"""Both have to hold, for the service of today: the organisation's word and the person's own."""

import json

import pytest
from django.db import IntegrityError, ProgrammingError, transaction

from apps.accounts import remote_engine as outside
from apps.accounts.models import Organisation, RemoteConsent
from apps.accounts.remote_engine import Standing
from apps.audit.models import Entry
from apps.core.errors import RefusedError
from apps.core.organisation import acting_for
from tests.cast import CastMember

NAME = "Outside Words"


@pytest.fixture(autouse=True)
def offered(settings: object) -> None:
    settings.REMOTE_ENGINE = NAME


def speaks_for(member: CastMember) -> str:
    with acting_for(member.actor.organisation_id):
        return outside.remote_engine_for(member.actor.organisation_id, member.actor.user_id)


def written(member: CastMember) -> list[tuple[str, str, str]]:
    """Action, who and purpose of the entries about this, oldest first."""
    with acting_for(member.actor.organisation_id):
        entries = [json.loads(bytes(entry.body)) for entry in Entry.objects.order_by("seq")]
    kinds = ("configuration.", "consent.")
    return [(e["action"], e["actor"], e["purpose"]) for e in entries if e["action"].startswith(kinds)]


def test_nothing_is_on_and_nobody_has_agreed_to_begin_with(ada: CastMember, omar: CastMember) -> None:
    assert outside.standing_of(ada.actor) == Standing(NAME)
    assert (speaks_for(ada), speaks_for(omar)) == ("", "")


def test_an_installation_without_a_service_asks_nothing(
    ada: CastMember, settings: object, django_assert_num_queries
) -> None:
    settings.REMOTE_ENGINE = ""
    with django_assert_num_queries(0):
        assert outside.standing_of(ada.actor) == Standing("")
        assert outside.remote_engine_for(ada.actor.organisation_id, ada.actor.user_id) == ""


def test_both_the_organisation_and_the_person_are_needed(
    ada: CastMember, grace: CastMember, omar: CastMember
) -> None:
    outside.turn_on(by=omar.actor)
    assert (speaks_for(ada), speaks_for(omar)) == ("", "")
    outside.agree(by=ada.actor)
    assert (speaks_for(ada), speaks_for(grace)) == (NAME, "")
    assert outside.standing_of(ada.actor).speaks
    outside.turn_off(by=omar.actor)
    assert speaks_for(ada) == ""


def test_nobody_can_agree_to_what_their_organisation_has_not_turned_on(
    ada: CastMember, mallory: CastMember, omar: CastMember
) -> None:
    outside.turn_on(by=omar.actor)
    with pytest.raises(RefusedError) as caught:
        outside.agree(by=mallory.actor)
    assert caught.value.code == "remote_engine_off"
    outside.agree(by=ada.actor)
    assert (speaks_for(ada), speaks_for(mallory)) == (NAME, "")


def test_nothing_can_be_turned_on_where_nothing_is_offered(omar: CastMember, settings: object) -> None:
    settings.REMOTE_ENGINE = ""
    with pytest.raises(RefusedError) as caught:
        outside.turn_on(by=omar.actor)
    assert caught.value.code == "no_remote_engine"


def test_another_service_under_the_same_setting_needs_both_again(
    ada: CastMember, omar: CastMember, settings: object
) -> None:
    outside.turn_on(by=omar.actor)
    outside.agree(by=ada.actor)
    settings.REMOTE_ENGINE = "Other Words"
    assert speaks_for(ada) == ""
    outside.turn_on(by=omar.actor)
    assert speaks_for(ada) == ""
    outside.agree(by=ada.actor)
    assert speaks_for(ada) == "Other Words"
    settings.REMOTE_ENGINE = NAME
    assert speaks_for(ada) == ""


def test_what_is_withdrawn_holds_no_longer_and_stays_on_record(ada: CastMember, omar: CastMember) -> None:
    outside.turn_on(by=omar.actor)
    outside.agree(by=ada.actor)
    outside.withdraw(by=ada.actor)
    assert speaks_for(ada) == ""
    outside.agree(by=ada.actor)
    with acting_for(ada.actor.organisation_id):
        kept = list(RemoteConsent.objects.order_by("given_at").values_list("service", "withdrawn_at"))
    assert [(service, at is None) for service, at in kept] == [(NAME, False), (NAME, True)]


def test_every_change_is_written_down_once_with_the_service_s_name(ada: CastMember, omar: CastMember) -> None:
    for _ in range(2):
        outside.turn_on(by=omar.actor)
    for _ in range(2):
        outside.agree(by=ada.actor)
    for _ in range(2):
        outside.withdraw(by=ada.actor)
    for _ in range(2):
        outside.turn_off(by=omar.actor)
    administrator, person = str(omar.user.pk), str(ada.user.pk)
    assert written(ada) == [
        ("configuration.changed", administrator, "on remote_engine outside-words"),
        ("consent.given", person, "remote_engine outside-words"),
        ("consent.withdrawn", person, "remote_engine outside-words"),
        ("configuration.changed", administrator, "off remote_engine"),
    ]


def test_one_organisation_s_word_is_not_another_s(omar: CastMember, mallory: CastMember) -> None:
    outside.turn_on(by=omar.actor)
    on = set(Organisation.objects.exclude(remote_engine="").values_list("pk", flat=True))
    assert on == {omar.actor.organisation_id}
    assert not outside.standing_of(mallory.actor).offered


def test_consents_stand_behind_the_wall(ada: CastMember, mallory: CastMember, omar: CastMember) -> None:
    outside.turn_on(by=omar.actor)
    outside.agree(by=ada.actor)
    assert not RemoteConsent.objects.exists()
    with acting_for(mallory.actor.organisation_id):
        assert not RemoteConsent.objects.exists()
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            RemoteConsent.objects.create(
                organisation_id=ada.actor.organisation_id, person=mallory.user, service=NAME
            )
    with acting_for(ada.actor.organisation_id):
        assert RemoteConsent.objects.count() == 1


def test_the_database_holds_one_open_consent_a_person_and_none_without_a_service(ada: CastMember) -> None:
    own = {"organisation_id": ada.actor.organisation_id, "person": ada.user}
    with acting_for(ada.actor.organisation_id):
        RemoteConsent.objects.create(service=NAME, **own)
        for service in (NAME, "Other Words", ""):
            with pytest.raises(IntegrityError), transaction.atomic():
                RemoteConsent.objects.create(service=service, **own)


@pytest.mark.parametrize(
    ("name", "purpose"),
    [
        ("", ""),
        ("Outside Words", "remote_engine outside-words"),
        ("  Wörter & Söhne (EU) ", "remote_engine worter-sohne-eu"),
        ("言葉", "remote_engine unnamed"),
        ("x" * 80, f"remote_engine {'x' * 60}"),
    ],
)
def test_the_log_takes_a_service_s_name_as_a_code_word(name: str, purpose: str) -> None:
    assert outside.purpose_of(name) == purpose
