"""The people of the demonstration: the fixed cast that tests and a first run share. Refused in production."""

from dataclasses import dataclass

from allauth.account.models import EmailAddress
from django.conf import settings

from apps.accounts.enums import Role
from apps.accounts.models import Organisation, User
from apps.accounts.services import join_organisation
from apps.core.errors import RefusedError


@dataclass(frozen=True)
class DemoPerson:
    key: str
    name: str
    organisation: str
    roles: tuple[Role, ...]

    @property
    def email(self) -> str:
        return f"{self.key}@example.org"


ORGANISATIONS = {"willow": "Willow Lane Training Clinic", "harbour": "Harbour Counselling"}
CAST = (
    DemoPerson("ada", "Ada Nwosu", "willow", (Role.TRAINEE,)),
    DemoPerson("grace", "Grace Lim", "willow", (Role.SUPERVISOR,)),
    DemoPerson("sam", "Sam Whitlock", "willow", (Role.SEEKER,)),
    DemoPerson("rita", "Rita Bergmann", "willow", (Role.REVIEWER,)),
    DemoPerson("omar", "Omar Haddad", "willow", (Role.AUDITOR, Role.ADMINISTRATOR)),
    DemoPerson("mallory", "Mallory Finch", "harbour", (Role.TRAINEE,)),
)


def make_cast(password: str) -> dict[str, User]:
    """Make the organisations and people that are missing, and give all the demo people this password.

    Raises:
        RefusedError: code demo_refused, where demo data is not allowed.
    """
    if not settings.DEMO_ALLOWED:
        raise RefusedError("demo_refused", "Demo people are not made in production.")
    organisations = {
        slug: Organisation.objects.get_or_create(slug=slug, defaults={"name": name})[0]
        for slug, name in ORGANISATIONS.items()
    }
    return {person.key: _make(person, organisations[person.organisation], password) for person in CAST}


def _make(person: DemoPerson, organisation: Organisation, password: str) -> User:
    user = User.objects.filter(email=person.email).first() or User.objects.create_user(person.email, password)
    if not user.check_password(password):
        user.set_password(password)
        user.save(update_fields=["password"])
    EmailAddress.objects.get_or_create(
        user=user, email=person.email, defaults={"verified": True, "primary": True}
    )
    for role in person.roles:
        join_organisation(user, organisation=organisation, role=role, name=person.name)
    return user
