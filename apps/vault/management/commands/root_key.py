"""`manage.py root_key PATH`: make a production root key file, or add a version to one."""

from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from apps.vault.errors import KeyServiceError
from apps.vault.keys.local_file import PRODUCTION, add_version


class Command(BaseCommand):
    help = "Make a root key file for production, or add a version to it, which then wraps new keys."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path)

    def handle(self, *args: object, path: Path, **options: object) -> None:
        try:
            version = add_version(path, made_for=PRODUCTION)
        except KeyServiceError as problem:
            raise CommandError(str(problem)) from problem
        self.stdout.write(f"{path} holds version {version}. Back it up, apart from the database's backups.")
