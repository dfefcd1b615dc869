"""`manage.py bench_turns`: what a turn costs beside generation, measured on a stack of its own or a running one."""

import asyncio
import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import threading
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from apps.chat.load import Load, run_load

READY_LIMIT_S = 120


class Command(BaseCommand):
    help = "Talk in N sessions at once with the scripted engine and print the cost of a turn (generation taken off)."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--sessions", type=int, default=20)
        parser.add_argument("--turns", type=int, default=12, help="turns in each session")
        parser.add_argument("--think", type=float, default=4.0, help="mean seconds before each turn")
        parser.add_argument("--pace", type=float, default=20.0, help="the scripted engine's tokens a second")
        parser.add_argument(
            "--url", help="a running installation started with --engine scripted and this pace"
        )
        parser.add_argument("--email", default="ada@example.org")
        parser.add_argument("--password", default=os.environ.get("PIXELATED_DEMO_PASSWORD", ""))
        parser.add_argument("--json", help="write the figures here too")

    def handle(self, *args: object, **options: object) -> None:
        if options["url"]:
            figures = self._measure(options, str(options["url"]), str(options["password"]))
        else:
            password = secrets.token_urlsafe(9)
            with own_stack(password, pace=float(options["pace"])) as url:
                figures = self._measure(options, url, password)
        text = json.dumps(figures, indent=2)
        if options["json"]:
            Path(str(options["json"])).write_text(text + "\n", encoding="utf-8")
        self.stdout.write(text)

    def _measure(self, options: dict[str, object], url: str, password: str) -> dict[str, object]:
        load = Load(
            url=url.rstrip("/"),
            email=str(options["email"]),
            password=password,
            sessions=int(options["sessions"]),
            turns=int(options["turns"]),
            think_s=float(options["think"]),
            pace=float(options["pace"]),
        )
        measures = asyncio.run(run_load(load))
        return {"sessions": load.sessions, "pace": load.pace, "think_s": load.think_s} | measures.summary()


@contextmanager
def own_stack(password: str, *, pace: float) -> Iterator[str]:
    """Everything `up` starts, on a data folder that is thrown away; yields its address.

    Raises:
        CommandError: it was not ready in time.
    """
    with tempfile.TemporaryDirectory(prefix="pixelated-bench-") as folder, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        stack = subprocess.Popen(
            [
                sys.executable,
                "manage.py",
                "up",
                "--port",
                str(port),
                "--data-dir",
                folder,
                "--engine",
                "scripted",
            ],
            cwd=settings.BASE_DIR,
            env=os.environ
            | {"PIXELATED_DEMO_PASSWORD": password, "PIXELATED_SCRIPTED_TOKENS_PER_S": str(pace)},
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            _wait_ready(stack)
            yield f"http://127.0.0.1:{port}"
        finally:
            stack.terminate()
            stack.wait(timeout=30)


def _wait_ready(stack: "subprocess.Popen[str]") -> None:
    """Until the line that says so: before it the demo people and clients may not be there."""
    ready = threading.Event()

    def read() -> None:
        for line in stack.stdout or ():
            if " is ready: " in line:
                ready.set()

    threading.Thread(target=read, daemon=True).start()
    if not ready.wait(READY_LIMIT_S):
        raise CommandError("The stack did not become ready. Run `manage.py up --engine scripted` to see why.")
