"""`database_roles`: the SQL an operator runs once on a PostgreSQL of their own."""

from django.core.management.base import BaseCommand

from pixelated.supervise.roles import script_for_operators


class Command(BaseCommand):
    help = "Print the SQL that makes the three database roles and their rights, for psql as a superuser."
    requires_system_checks = ()

    def handle(self, **options: object) -> None:
        self.stdout.write(script_for_operators(), ending="")
