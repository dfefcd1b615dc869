"""`manage.py simulate SCENARIO --script FILE --seed N [--engine none|worker] --json OUT`, `simulate --list`."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from apps.practice.errors import ScriptError
from apps.practice.scripts import Played, Speaker, play, read_script, speak_authored
from apps.practice.spoken import WorkerSpeaker
from apps.scenarios.case import Case
from apps.scenarios.errors import ScenarioError
from apps.scenarios.format import load_case
from apps.scenarios.library import library_case, library_cases
from inference.contracts import BehaviourCode
from inference.errors import EngineError
from inference.insight.behaviour import code_turn


class Command(BaseCommand):
    """Plays a scripted therapist against a client. Without a worker it needs no database, Redis or other process."""

    help = "Play a scripted therapist (JSON Lines) against a client of the library and write what happened."
    requires_system_checks: Sequence[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("scenario", nargs="?", help="a client's slug, or the path of a .toml file")
        parser.add_argument("--list", action="store_true", help="name the clients of the library")
        parser.add_argument(
            "--script", type=Path, help='JSON Lines: {"text": "...", "codes": ["SR", "Q open"]}'
        )
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--engine", choices=("none", "worker"), default="none")
        parser.add_argument("--json", type=Path, help="file to write; without it the session is printed")

    def handle(self, **options: Any) -> None:
        try:
            if options["list"]:
                self._list()
                return
            self._simulate(options)
        except (ScenarioError, ScriptError) as error:
            raise CommandError(str(error)) from error
        except EngineError as error:
            raise CommandError(
                f"the worker did not answer ({error.code}); --engine none needs none"
            ) from error

    def _simulate(self, options: dict[str, Any]) -> None:
        if not options["scenario"] or not options["script"]:
            raise CommandError(
                "name a client and a script: simulate SCENARIO --script FILE; --list shows all clients"
            )
        case = _case(options["scenario"])
        script = read_script(_lines(options["script"]), file=options["script"].name)
        with ExitStack() as stack:
            speaker: Speaker = speak_authored
            if options["engine"] == "worker":
                worker = WorkerSpeaker(settings.INFERENCE_URL, settings.WORKER_SECRET)
                speaker = stack.enter_context(worker).speak
            played = play(case, script, seed=options["seed"], coder=_read_codes, speaker=speaker)
        if options["json"] is None:
            self._print(played)
            return
        try:
            options["json"].write_text(_document(played), encoding="utf-8")
        except OSError as error:
            raise CommandError(f"{options['json']}: {error.strerror}") from error
        self.stdout.write(f"{len(played.turns)} turns with {case.person.name} written to {options['json']}")

    def _list(self) -> None:
        for case in library_cases():
            self.stdout.write(
                f"{case.slug:28} {case.difficulty}  {case.person.name}, {', '.join(case.resistance)}"
            )

    def _print(self, played: Played) -> None:
        self.stdout.write(f"{played.case.person.short}: {played.opening.text}\n")
        for turn in played.turns:
            self.stdout.write(f"\nTherapist: {turn.text}\n  [{turn.reaction.ledger.reason}]")
            self.stdout.write(f"{played.case.person.short}: {turn.reply.text}")


def _case(name: str) -> Case:
    return load_case(Path(name)) if name.endswith(".toml") else library_case(name)


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise CommandError(f"{path}: is not UTF-8 text") from error
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}") from error


def _document(played: Played) -> str:
    return json.dumps(played.to_json(), ensure_ascii=False, indent=1) + "\n"


def _read_codes(text: str, previous_client: str) -> tuple[Sequence[BehaviourCode], bool, str]:
    coding = code_turn(text, previous_client=previous_client)
    codes = [
        BehaviourCode(code.code, code.subtype, code.confidence, code.start, code.end) for code in coding.codes
    ]
    return codes, coding.abstained, coding.version
