"""`manage.py seed`: the demonstration's people and the library of clients. Safe to repeat; refused in production."""

import os
import secrets
from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from apps.accounts.demo import CAST, ORGANISATIONS, make_cast
from apps.accounts.models import Organisation
from apps.core.errors import RefusedError
from apps.core.organisation import acting_for
from apps.scenarios.services import publish_library


class Command(BaseCommand):
    help = "Make the demo people and publish the client library to their organisations."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--quiet", action="store_true", help="print no log-in")

    def handle(self, *args: object, **options: object) -> None:
        password = os.environ.get("PIXELATED_DEMO_PASSWORD") or secrets.token_urlsafe(9)
        try:
            make_cast(password)
        except RefusedError as refusal:
            raise CommandError(refusal.message) from None
        for organisation in Organisation.objects.filter(slug__in=ORGANISATIONS):
            with acting_for(organisation.pk):
                count = publish_library(organisation.pk)
        if not options["quiet"]:
            self.stdout.write(f"{count} clients in the library.")
            self.stdout.write("Demo log-ins, all with the password " + password)
            for person in CAST:
                roles = ", ".join(str(role.label).lower() for role in person.roles)
                self.stdout.write(f"  {person.email:<24} {roles}")
