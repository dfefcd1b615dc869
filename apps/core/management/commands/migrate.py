"""`migrate` as the owner of the tables: the application's own role may not change them."""

from argparse import ArgumentParser

from django.core.management.commands.migrate import Command as DjangoMigrate


class Command(DjangoMigrate):
    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.set_defaults(database="owner")
