"""What every page knows about the person: their name, and where they may go."""

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject

from apps.accounts.actors import Actor
from apps.accounts.enums import Role
from apps.accounts.queries import name_of

# (address name, label, icon, roles that see it)
NAVIGATION: tuple[tuple[str, str, str, frozenset[Role]], ...] = (
    ("practice:library", "Practice", "practice", frozenset({Role.TRAINEE, Role.SUPERVISOR})),
    ("practice:sessions", "Sessions", "sessions", frozenset({Role.TRAINEE, Role.SUPERVISOR})),
    ("accounts:organisation", "People", "people", frozenset({Role.ADMINISTRATOR, Role.SUPERVISOR})),
    ("api:keys", "API keys", "key", frozenset({Role.ADMINISTRATOR})),
    ("api:flags", "API flags", "review", frozenset({Role.REVIEWER, Role.SUPERVISOR, Role.ADMINISTRATOR})),
    ("oversight:models", "Models", "oversight", frozenset({Role.ENGINEER, Role.REVIEWER})),
)


def person(request: HttpRequest) -> dict[str, object]:
    actor: Actor | None = getattr(request, "actor", None)
    if actor is None:
        return {"nav": [], "person_name": ""}
    return {
        "nav": navigation(actor, path=request.path),
        "person_name": SimpleLazyObject(lambda: name_of(actor)),
    }


def navigation(actor: Actor, *, path: str) -> list[dict[str, object]]:
    """The entries this person's roles allow; the one whose address is the longest prefix of `path` is current."""
    entries = []
    for name, label, icon, roles in NAVIGATION:
        if not actor.has(*roles):
            continue
        try:
            entries.append({"label": label, "url": reverse(name), "icon": icon, "current": False})
        except NoReverseMatch:
            continue
    fitting = [entry for entry in entries if path.startswith(str(entry["url"]))]
    if fitting:
        max(fitting, key=lambda entry: len(str(entry["url"])))["current"] = True
    return entries
