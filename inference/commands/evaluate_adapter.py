"""Measure an adapter's replies in talks nobody trained on: figures, regression cases, what the gate would say."""

import argparse
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from inference.contracts import Person
from inference.models.adapter import Adapter, read_adapter
from inference.models.catalogue import TEXT, data_directory, folder_of
from inference.models.figure_file import read_figures, write_figures
from inference.models.gate import Figures, Verdict, judge
from inference.models.registry import Registry

NAME = "evaluate-adapter"
CONTEXTS, TALKS = 200, 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", choices=[str(person) for person in Person])
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--adapter", default="", help="a folder, or the address of one that is registered")
    which.add_argument("--bare", action="store_true", help="the base model, asked in plain words")
    parser.add_argument(
        "--base", default="", help="folder, .gguf file or id of the base model (the bundled one)"
    )
    parser.add_argument(
        "--contexts", type=int, default=CONTEXTS, help="places to speak, of held-out dialogues"
    )
    parser.add_argument("--talks", type=int, default=TALKS, help="whole talks on its own earlier replies")
    parser.add_argument(
        "--candidates", type=int, default=4, help="that race for the first words; 1 as it comes"
    )
    parser.add_argument("--threads", type=int, default=None)
    parser.add_argument("--against", type=Path, default=None, help="figures (JSON) of what it would replace")
    parser.add_argument("--json", type=Path, default=None)
    parser.add_argument("--markdown", type=Path, default=None)
    parser.add_argument("--prometheus", type=Path, default=None)
    parser.add_argument("--replies", type=Path, default=None, help="the replies, one a line, to be read")


def run(arguments: argparse.Namespace) -> int:
    registry = Registry()
    person = Person(arguments.name)
    adapter = None if arguments.bare else _adapter(registry, person, arguments.adapter)
    figures = _measured(arguments, person, adapter)
    if adapter is None or adapter.name == person:
        registry.file_figures(figures)
    else:
        print(f"the adapter of {adapter.name} heard as {person}: the figures are not filed for the gate")
    standing = read_figures(arguments.against) if arguments.against else _standing(registry, person, adapter)
    verdict = judge(figures, standing) if adapter is not None else None
    _write(arguments, figures, standing, verdict)
    return 0


def _adapter(registry: Registry, person: Person, named: str) -> Adapter:
    """What was named, else what speaks. Raises ModelError or ValueError where there is none."""
    if named and Path(named).is_dir():
        found: Adapter | None = read_adapter(Path(named))
    elif named:
        found = registry.adapter(person, registry.find(person, named))
    else:
        found = registry.served(person)
    if found is None:
        raise ValueError(f"no adapter speaks as {person}: name one with --adapter, or measure --bare")
    return found


def _standing(registry: Registry, person: Person, adapter: Adapter | None) -> Figures | None:
    speaks = registry.served(person)
    if adapter is None or speaks is None or speaks.sha256 == adapter.sha256:
        return None
    return registry.figures_of(speaks)


def _measured(arguments: argparse.Namespace, person: Person, adapter: Adapter | None) -> Figures:
    from inference.assessing import Assessor  # noqa: PLC0415 - what follows loads torch, which takes seconds
    from inference.encoder.reader import load_heads  # noqa: PLC0415
    from inference.engine.loader import use_threads  # noqa: PLC0415
    from inference.evaluation.adapters import contexts, regression  # noqa: PLC0415
    from inference.evaluation.adapters.engine import EngineSpeaker, ModelScorer, loaded  # noqa: PLC0415
    from inference.evaluation.adapters.measuring import Asked, Told, measure, write_replies  # noqa: PLC0415
    from inference.evaluation.adapters.speaker import adapter_form, bare_form  # noqa: PLC0415

    use_threads(arguments.threads)
    base = arguments.base or str(folder_of(TEXT, data_directory()) / TEXT.weights)
    speaking, whole = loaded(base, adapter.folder if adapter else None)
    heads = load_heads(data_directory())
    assessor = Assessor(heads)
    form = adapter_form if adapter else bare_form
    places = contexts.held_out_contexts(person)
    asked = Asked(
        person,
        contexts.sample(places, arguments.contexts),
        contexts.sample_talks(places, arguments.talks),
        regression.cases_of(person, data_directory()),
    )
    about = {
        "version": adapter.version if adapter else "the bare model, in plain words",
        "base": Path(arguments.base).name if arguments.base else TEXT.name.name,
        "candidates": arguments.candidates,
        "contexts": len(asked.contexts),
        "talks": len(asked.talks),
        "device": str(speaking.device),
        "number form": str(whole.network.dtype).removeprefix("torch."),
    }
    with (
        _Shown() as shown,
        EngineSpeaker(speaking, form, candidates=arguments.candidates, assessor=assessor) as speaker,
    ):
        figures, replies = measure(
            asked,
            speaker,
            scorer=ModelScorer(whole, form),
            assessor=assessor,
            told=Told(shown.tell),
            adapter=adapter.sha256 if adapter else "",
            about=about,
            heads=heads.versions if heads else {},
        )
    if arguments.replies:
        write_replies(replies, arguments.replies)
    return figures


class _Shown:
    """A bar for each thing that is being done."""

    def __init__(self) -> None:
        parts = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self._bar = Progress(*parts, console=Console(stderr=True))
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> "_Shown":
        self._bar.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._bar.stop()

    def tell(self, what: str, done: int, of: int) -> None:
        if what not in self._tasks:
            self._tasks[what] = self._bar.add_task(what)
        self._bar.update(self._tasks[what], completed=done, total=of)


def _write(
    arguments: argparse.Namespace, figures: Figures, standing: Figures | None, verdict: Verdict | None
) -> None:
    from inference.evaluation.adapters.rendering import markdown, prometheus, table  # noqa: PLC0415

    Console().print(table(figures))
    if verdict is not None:
        print(
            "the gate lets it past"
            if verdict.passed
            else "\n".join(["the gate holds it back:", *verdict.reasons])
        )
    if arguments.json:
        write_figures(figures, arguments.json)
    if arguments.markdown:
        sets = [figures, *([standing] if standing else [])]
        titles = [str(each.about.get("version", each.adapter[:12])) for each in sets]
        arguments.markdown.write_text(markdown(sets, titles=titles, verdict=verdict), encoding="utf-8")
    if arguments.prometheus:
        arguments.prometheus.write_text(prometheus(figures), encoding="utf-8")
