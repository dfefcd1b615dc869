"""Who acts, for which organisation, in which roles: what every check of access is asked with."""

from dataclasses import dataclass
from uuid import UUID

from apps.accounts.enums import Role


@dataclass(frozen=True)
class Actor:
    """A person acting in one organisation. Made by the middleware or the socket, never from what a client sent."""

    user_id: UUID
    organisation_id: UUID
    roles: frozenset[Role]

    def has(self, *roles: Role) -> bool:
        return bool(self.roles.intersection(roles))

    @property
    def role_words(self) -> str:
        """The roles in a stable order, for the audit log."""
        return " ".join(sorted(self.roles))
