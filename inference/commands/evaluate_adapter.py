"""Measure an adapter's replies in talks nobody trained on: figures, regression cases, what the gate would say.

Figures of the whole measurement are filed where the gate looks for them and, for an adapter named by its folder,
written beside it: `figures.json`, and `figures.md` for a reader. Smaller ones are written only where asked for.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from inference.contracts import Person
from inference.models.adapter import FIGURES_FILE, FIGURES_PAGE, Adapter, read_adapter, sha256_of
from inference.models.catalogue import TEXT, data_directory, folder_of
from inference.models.figure_file import read_figures, write_figures
from inference.models.gate import CONTEXTS, TALKS, Figures, Verdict, judge, uncounted
from inference.models.registry import Registry

NAME = "evaluate-adapter"


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
    page = Page(figures)
    if adapter is not None and adapter.name == person:
        page = page_of(registry, figures, adapter, arguments.against)
    beside = adapter.folder if adapter and arguments.adapter and Path(arguments.adapter).is_dir() else None
    for sentence in keep(
        registry, page, beside=beside, heard_as_another=bool(adapter and adapter.name != person)
    ):
        print(sentence)
    _write(arguments, page)
    return 0


@dataclass(frozen=True)
class Page:
    """Figures, those that they stand against, and what the gate says; None where nobody asks it."""

    figures: Figures
    standing: Figures | None = None
    verdict: Verdict | None = None

    def markdown(self) -> str:
        from inference.evaluation.adapters.rendering import markdown  # noqa: PLC0415 - numpy

        sets = [self.figures, *([self.standing] if self.standing else [])]
        named = [str(each.about.get("version", each.adapter[:12])) for each in sets]
        return markdown(sets, named=named, verdict=self.verdict)

    def write_json(self, path: Path) -> None:
        from inference.evaluation.adapters.rubrics import to_json  # noqa: PLC0415 - as above

        write_figures(self.figures, path, beside={"rubrics": to_json(self.figures)})


def keep(registry: Registry, page: Page, *, beside: Path | None, heard_as_another: bool = False) -> list[str]:
    """File the figures for the gate, and write them into the folder `beside`; where they do not count they are kept
    nowhere, so that a short trial does not take the place of a measurement. Sentences that say which."""
    figures = page.figures
    if heard_as_another:
        return [
            f"an adapter of another persona was heard as {figures.name}: the figures are not filed for the gate"
        ]
    if reasons := uncounted(figures):
        return ["the figures are not filed for the gate:", *reasons]
    registry.file_figures(figures)
    if beside is None:
        return []
    page.write_json(beside / FIGURES_FILE)
    (beside / FIGURES_PAGE).write_text(page.markdown(), encoding="utf-8")
    return [f"the figures are in {beside / FIGURES_FILE} and {FIGURES_PAGE}"]


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


def page_of(registry: Registry, figures: Figures, adapter: Adapter, against: Path | None) -> Page:
    """With what the gate says: of the figures in the file `against`, else of who speaks, as promotion asks it."""
    if against is not None:
        standing = read_figures(against)
        return Page(figures, standing, judge(figures, standing))
    speaks = registry.served(adapter.name)
    if speaks is None or speaks.sha256 == adapter.sha256:
        return Page(figures, None, registry.verdict(figures, None))
    return Page(figures, registry.figures_of(speaks), registry.verdict(figures, speaks))


def _base_sha256(base: str) -> str:
    """Of the model's file; "" for one of several files, or one that is fetched by its id: nothing tells it apart."""
    if not base:
        return TEXT.sha256
    path = Path(base)
    files = sorted(path.glob("*.safetensors")) if path.is_dir() else [path]
    return sha256_of(files[0]) if len(files) == 1 and files[0].is_file() else ""


def _measured(arguments: argparse.Namespace, person: Person, adapter: Adapter | None) -> Figures:
    from inference.assessing import Assessor  # noqa: PLC0415 - what follows loads torch, which takes seconds
    from inference.encoder.reader import load_heads  # noqa: PLC0415
    from inference.engine.loader import use_threads  # noqa: PLC0415
    from inference.evaluation.adapters import contexts, regression  # noqa: PLC0415
    from inference.evaluation.adapters.engine import EngineSpeaker, ModelScorer, loaded, number_form  # noqa: PLC0415
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
        "number form": number_form(speaking, whole),
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
            base=_base_sha256(arguments.base),
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


def _write(arguments: argparse.Namespace, page: Page) -> None:
    from inference.evaluation.adapters.rendering import prometheus, table  # noqa: PLC0415

    Console().print(table(page.figures))
    if page.verdict is not None:
        print(
            "the gate lets it past"
            if page.verdict.passed
            else "\n".join(["the gate holds it back:", *page.verdict.reasons])
        )
    if arguments.json:
        page.write_json(arguments.json)
    if arguments.markdown:
        arguments.markdown.write_text(page.markdown(), encoding="utf-8")
    if arguments.prometheus:
        arguments.prometheus.write_text(prometheus(page.figures), encoding="utf-8")
