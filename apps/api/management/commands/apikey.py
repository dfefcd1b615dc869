"""`manage.py apikey create --owner E-MAIL --scopes infer,admin [--days N] [--name WORDS]`: prints a key, once."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.accounts.models import User
from apps.accounts.queries import actor_for
from apps.api.enums import Scope
from apps.api.services import LIFE, create_key
from apps.core.errors import RefusedError


class Command(BaseCommand):
    """The key alone goes to the output, so that it can be kept in a variable; what to know about it, beside it."""

    help = "Create a key for the REST API. It is printed once and cannot be shown again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        create = actions.add_parser("create", help="make a key")
        create.add_argument("--owner", required=True, help="e-mail of the person the key acts as")
        create.add_argument("--scopes", required=True, help=f"of {','.join(Scope.values)}, with commas")
        create.add_argument("--days", type=int, default=LIFE.days, help="how long it works")
        create.add_argument("--name", default="", help="what it is for")

    def handle(self, **options: Any) -> None:
        user = User.objects.filter(email=options["owner"].strip().lower()).first()
        owner = actor_for(user) if user else None
        if owner is None:
            raise CommandError("Nobody who belongs to an organisation signs in with that address.")
        scopes = [scope.strip() for scope in options["scopes"].split(",") if scope.strip()]
        life = timedelta(days=min(options["days"], 10_000))
        try:
            made = create_key(owner, scopes=scopes, by=owner, name=options["name"][:60], life=life)
        except RefusedError as refused:
            raise CommandError(refused.message) from refused
        self.stdout.write(made.text)
        self.stderr.write(f"Works until {made.row.expires_at:%Y-%m-%d}; this is the only time it is shown.")
        self.stderr.write(f"Webhooks of its batches are signed with: {made.signing}")
