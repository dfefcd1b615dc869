"""The service outside that may word replies: an organisation turns it on, and each person agrees to it, by its name.

Both have to hold, for the service that the installation names today: agreeing to one is not agreeing to another.
Neither is ever assumed. Knows no encounter and no engine.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from django.conf import settings
from django.utils import timezone
from django.utils.text import slugify

from apps.accounts.actors import Actor
from apps.accounts.models import Organisation, RemoteConsent, User
from apps.audit import services as audit
from apps.audit.actions import Action
from apps.core.errors import RefusedError
from apps.core.organisation import acting_for


@dataclass(frozen=True)
class Standing:
    """`service` is what the installation names, empty where it has none; `is_on`: in this organisation; `agreed_at`:
    when this person agreed, None where they did not."""

    service: str
    is_on: bool = False
    agreed_at: datetime | None = None

    @property
    def offered(self) -> bool:
        return bool(self.service) and self.is_on

    @property
    def speaks(self) -> bool:
        return self.offered and self.agreed_at is not None


def standing_of(actor: Actor) -> Standing:
    """Where it stands for this person. No query where the installation names no service."""
    service = settings.REMOTE_ENGINE
    if not service:
        return Standing("")
    with acting_for(actor.organisation_id):
        is_on = Organisation.objects.filter(pk=actor.organisation_id, remote_engine=service).exists()
        consent = _open_consent(actor.organisation_id, actor.user_id)
    agreed = consent is not None and consent.service == service
    return Standing(service, is_on, consent.given_at if agreed else None)


def remote_engine_for(organisation_id: UUID, person_id: UUID) -> str:
    """The service that may word replies for this person at this moment, or nothing. Call inside `acting_for`."""
    service = settings.REMOTE_ENGINE
    if not service:
        return ""
    holds = RemoteConsent.objects.filter(
        organisation_id=organisation_id,
        organisation__remote_engine=service,
        person_id=person_id,
        service=service,
        withdrawn_at__isnull=True,
    )
    return service if holds.exists() else ""


def turn_on(*, by: Actor) -> None:
    """Let the people of the organisation agree to it; nobody is taken to have done so. Twice changes nothing.

    Raises:
        RefusedError: the installation names no service.
    """
    service = settings.REMOTE_ENGINE
    if not service:
        raise RefusedError(
            "no_remote_engine", "This installation has no service outside that could word replies."
        )
    _set(service, f"on {purpose_of(service)}", by=by)


def turn_off(*, by: Actor) -> None:
    """At once, for everybody. What people agreed to stays on record and opens nothing while this is off."""
    _set("", "off remote_engine", by=by)


def _set(service: str, purpose: str, *, by: Actor) -> None:
    with acting_for(by.organisation_id):
        own = Organisation.objects.filter(pk=by.organisation_id)
        if not own.exclude(remote_engine=service).update(remote_engine=service):
            return
        audit.append(
            Action.CONFIGURATION_CHANGED,
            actor_id=by.user_id,
            organisation_id=by.organisation_id,
            object_kind="organisation",
            object_id=by.organisation_id,
            role=by.role_words,
            purpose=purpose,
        )


def agree(*, by: Actor) -> None:
    """Record that this person agrees. Twice changes nothing; an agreement to another service ends with it.

    Raises:
        RefusedError: their organisation has not turned it on.
    """
    with acting_for(by.organisation_id):
        User.objects.select_for_update().get(
            pk=by.user_id
        )  # Two tabs: the second finds what the first wrote.
        standing = standing_of(by)
        if standing.speaks:
            return
        if not standing.offered:
            raise RefusedError(
                "remote_engine_off",
                "Your organisation has not turned this on. Nothing of yours is sent outside.",
            )
        ended = _withdrawn(by)
        consent = RemoteConsent.objects.create(
            id=uuid4(),
            organisation_id=by.organisation_id,
            person_id=by.user_id,
            service=standing.service,
        )
        _note(Action.CONSENT_WITHDRAWN, ended, by)
        _note(Action.CONSENT_GIVEN, consent, by)


def withdraw(*, by: Actor) -> None:
    """From here on nothing is sent for this person, in sessions that are open too. Where nothing was agreed to, nothing
    changes."""
    with acting_for(by.organisation_id):
        _note(Action.CONSENT_WITHDRAWN, _withdrawn(by), by)


def _withdrawn(by: Actor) -> RemoteConsent | None:
    """The agreement that this ended."""
    consent = _open_consent(by.organisation_id, by.user_id)
    if consent is None:
        return None
    open_one = RemoteConsent.objects.filter(pk=consent.pk, withdrawn_at__isnull=True)
    # Conditional: of two tabs one ends it.
    return consent if open_one.update(withdrawn_at=timezone.now()) else None


def _open_consent(organisation_id: UUID, person_id: UUID) -> RemoteConsent | None:
    return RemoteConsent.objects.filter(
        organisation_id=organisation_id, person_id=person_id, withdrawn_at__isnull=True
    ).first()


def _note(action: Action, consent: RemoteConsent | None, by: Actor) -> None:
    if consent is None:
        return
    audit.append(
        action,
        actor_id=by.user_id,
        organisation_id=by.organisation_id,
        object_kind="remote_consent",
        object_id=consent.pk,
        role=by.role_words,
        purpose=purpose_of(consent.service),
    )


def purpose_of(service: str) -> str:
    """How the audit log names a service: it takes code words, so "Acme Cloud" is acme-cloud. Empty for none."""
    return f"remote_engine {slugify(service)[:60] or 'unnamed'}" if service else ""
