"""What operators must know of the help lines and of the policy before people in need rely on them."""

from collections.abc import Iterable
from datetime import date

from django.core.checks import CheckMessage, Error, Warning, register
from django.utils import timezone

from apps.safety.policy_table import PolicyTable, policy_table, problems
from apps.safety.resources import stale, unconfirmed
from apps.scenarios.library import slugs
from inference.safety import screen, wording


@register(deploy=True)
def help_lines_are_looked_after(app_configs: object, **kwargs: object) -> Iterable[CheckMessage]:
    return help_line_messages(timezone.now().date())


def help_line_messages(on: date) -> list[CheckMessage]:
    """An error for lines not looked over for too long, a warning for those that no named person confirmed."""
    found: list[CheckMessage] = []
    if old := stale(on):
        found.append(
            Error(
                f"{len(old)} help lines were last looked over more than 180 days ago: {_names(old)}.",
                hint="Compare each with its source and set last_checked in apps/safety/data/helplines.toml.",
                id="safety.E001",
            )
        )
    if open_ones := unconfirmed():
        found.append(
            Warning(
                f"{len(open_ones)} help lines were confirmed by no person: {_names(open_ones)}.",
                hint="Compare each with its source and set confirmed_by in apps/safety/data/helplines.toml.",
                id="safety.W001",
            )
        )
    return found


@register
def policy_is_whole(app_configs: object, **kwargs: object) -> Iterable[CheckMessage]:
    return policy_messages(policy_table())


def policy_messages(table: PolicyTable) -> list[CheckMessage]:
    """An error for every kind, situation or client that the policy names and nobody knows, or leaves out."""
    stated = screen.KINDS | wording.KINDS
    found = problems(table, slugs=frozenset(slugs()), stated=stated)
    hint = "See the beginning of apps/safety/data/policy.toml."
    return [Error(f"The safety policy: {problem}.", hint=hint, id="safety.E002") for problem in found]


def _names(lines: Iterable[object]) -> str:
    return ", ".join(f"{line.name} ({line.country})" for line in lines)
