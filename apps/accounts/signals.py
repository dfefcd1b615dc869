"""Sign-in events go to the audit log, with ids alone."""

from allauth.account.signals import user_signed_up
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest

from apps.accounts.models import User
from apps.accounts.queries import actor_for
from apps.audit import services as audit
from apps.audit.actions import Action


def _record(action: Action, user: User | None, *, allowed: bool = True) -> None:
    actor = actor_for(user) if user else None
    audit.append(
        action,
        actor_id=user.pk if user else None,
        organisation_id=actor.organisation_id if actor else None,
        object_kind="user",
        object_id=user.pk if user else None,
        role=actor.role_words if actor else "",
        allowed=allowed,
    )


@receiver(user_logged_in)
def signed_in(sender: object, request: HttpRequest, user: User, **kwargs: object) -> None:
    _record(Action.SESSION_STARTED, user)


@receiver(user_logged_out)
def signed_out(sender: object, request: HttpRequest, user: User | None, **kwargs: object) -> None:
    if user:
        _record(Action.SESSION_ENDED, user)


@receiver(user_login_failed)
def sign_in_failed(sender: object, credentials: dict[str, object], **kwargs: object) -> None:
    _record(Action.SESSION_REFUSED, None, allowed=False)


@receiver(user_signed_up)
def signed_up(sender: object, request: HttpRequest, user: User, **kwargs: object) -> None:
    _record(Action.USER_CREATED, user)
