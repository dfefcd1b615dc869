"""`up`: every process of the product, started, watched and stopped together."""

from argparse import ArgumentParser
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from rich.console import Console

from pixelated.supervise.errors import SuperviseError
from pixelated.supervise.installation import SCRIPTED, WORKER, run_installation


class Command(BaseCommand):
    help = "Start PostgreSQL, Redis, the inference worker, Celery and the web; one Ctrl-C stops all."
    requires_system_checks = ()  # They may ask for a database, which this command is about to start.

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="the web's port on 127.0.0.1")
        parser.add_argument(
            "--data-dir", type=Path, default=settings.DATA_DIR, help="where everything is kept"
        )
        parser.add_argument(
            "--engine",
            choices=(WORKER, SCRIPTED),
            default=settings.ENGINE,
            help="scripted: authored words without a model, for load tests",
        )

    def handle(self, *, port: int, data_dir: Path, engine: str, **options: object) -> None:
        console = Console(highlight=False, markup=False, soft_wrap=True)
        try:
            run_installation(
                data_dir=data_dir.absolute(),
                port=port,
                engine=engine,
                say=console.print,
            )
        except SuperviseError as error:
            raise CommandError(str(error)) from None
