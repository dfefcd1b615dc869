"""Train what the product ships: the encoder's heads, and the adapters that word replies."""

import argparse
import hashlib
from pathlib import Path

from inference.models.catalogue import EMBEDDINGS, data_directory, folder_of, is_present

NAME = "train"
HELD_SHARE = 0.08


def add_arguments(parser: argparse.ArgumentParser) -> None:
    what = parser.add_subparsers(dest="what", required=True)
    head = what.add_parser("head", help="a head, with every head that shares its adapter, and its card")
    head.add_argument("name", help="a head (crisis.kind, talk, ...) or an adapter (message, exchange, tags)")
    head.add_argument(
        "--extra", type=Path, nargs="*", default=[], help="JSON Lines of public collections or of your own"
    )
    head.add_argument(
        "--written", type=Path, default=None, help="folder of rows in the written forms (the shipped one)"
    )
    head.add_argument("--base", type=Path, default=None, help="folder of the encoder (the fetched one)")
    head.add_argument("--out", type=Path, default=None, help="folder for weights and card (the shipped one)")
    head.add_argument("--threads", type=int, default=2)
    adapter = what.add_parser("adapter", help="an adapter that words replies, from a recipe, and its card")
    adapter.add_argument(
        "recipe", help="a recipe's file, or the name of a shipped one (client, companion, ...)"
    )
    adapter.add_argument(
        "--out", type=Path, default=None, help="folder for the adapter (under the data directory)"
    )
    adapter.add_argument(
        "--fresh", action="store_true", help="start again instead of going on where a run ended"
    )
    adapter.add_argument(
        "--stop-after", type=int, default=None, metavar="STEP", help="leave a checkpoint and end"
    )
    _add_run_arguments(adapter)
    card = what.add_parser(
        "card", help="an adapter's card written again from its recipe and data; no training"
    )
    card.add_argument("folder", type=Path, help="the adapter's folder; its figures and hours stay")
    card.add_argument(
        "--dialogues",
        type=Path,
        default=None,
        help="folder of dialogues it was trained on (the shipped ones)",
    )
    persona = what.add_parser("persona", help="the reader of the persona that a caller wants, and its card")
    persona.add_argument("--rows", type=Path, default=None, help="folder of rows (the shipped ones)")
    persona.add_argument(
        "--out", type=Path, default=None, help="folder for weights and card (the shipped one)"
    )
    search = what.add_parser("search", help="look for better settings of a recipe by short runs (Optuna)")
    search.add_argument("recipe", help="a recipe's file, or the name of a shipped one")
    search.add_argument("--trials", type=int, default=12)
    search.add_argument("--steps", type=int, default=40, help="of each run, at most")
    _add_run_arguments(search)


def _add_run_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dialogues", type=Path, default=None, help="folder of dialogues (the shipped ones)")
    parser.add_argument("--threads", type=int, default=None, help="cores to use (OMP_NUM_THREADS, else all)")


def run(arguments: argparse.Namespace) -> int:
    kinds = {
        "adapter": _train_adapter,
        "card": _write_card,
        "search": _search,
        "head": _train_head,
        "persona": _train_persona,
    }
    return kinds[arguments.what](arguments)


def _search(arguments: argparse.Namespace) -> int:
    from inference.data.reading import DIALOGUES  # noqa: PLC0415 - with what follows takes seconds
    from inference.engine.loader import use_threads  # noqa: PLC0415
    from inference.training.adapters.recipe import read_recipe, recipe_file  # noqa: PLC0415
    from inference.training.adapters.run import Setting  # noqa: PLC0415
    from inference.training.adapters.search import as_toml, search  # noqa: PLC0415

    recipe = read_recipe(recipe_file(arguments.recipe))
    use_threads(arguments.threads)
    work = data_directory() / "training" / recipe.name
    setting = Setting(out=work, work=work, dialogues=arguments.dialogues or DIALOGUES, events=False)
    best, loss = search(recipe, setting, trials=arguments.trials, steps=arguments.steps)
    print(f"best held-out loss {loss:.4f}\n{as_toml(best)}")
    return 0


def _train_adapter(arguments: argparse.Namespace) -> int:
    from inference.data.reading import DIALOGUES  # noqa: PLC0415 - with what follows takes seconds
    from inference.engine.loader import use_threads  # noqa: PLC0415
    from inference.training.adapters.recipe import read_recipe, recipe_file  # noqa: PLC0415
    from inference.training.adapters.run import Setting, forget, run  # noqa: PLC0415

    recipe = read_recipe(recipe_file(arguments.recipe))
    use_threads(arguments.threads)
    out = arguments.out or data_directory() / "adapters" / recipe.name
    work = data_directory() / "training" / recipe.name if arguments.out is None else out.with_suffix(".run")
    if arguments.fresh:
        forget(work)
    setting = Setting(
        out=out,
        work=work,
        dialogues=arguments.dialogues or DIALOGUES,
        stop_after=arguments.stop_after,
    )
    outcome = run(recipe, setting)
    print(f"written to {out}" if outcome else f"cut off; the checkpoint is in {work}")
    return 0


def _write_card(arguments: argparse.Namespace) -> int:
    from inference.data.reading import DIALOGUES  # noqa: PLC0415 - with what follows takes seconds
    from inference.training.adapters.reissue import reissue  # noqa: PLC0415

    card = reissue(arguments.folder, dialogues=arguments.dialogues or DIALOGUES)
    print(f"{card['version']}: card written again in {arguments.folder}")
    return 0


def _train_head(arguments: argparse.Namespace) -> int:
    import torch  # noqa: PLC0415 - takes seconds
    from rich.progress import Progress  # noqa: PLC0415
    from safetensors.torch import save_file  # noqa: PLC0415

    from inference.encoder.reader import WEIGHTS, WEIGHTS_FILE  # noqa: PLC0415
    from inference.training import cards, corpora, heads, held, talks  # noqa: PLC0415

    adapter = _adapter_of(arguments.name)
    base = arguments.base or _fetched_base()
    torch.set_num_threads(arguments.threads)
    recipe = heads.RECIPES[adapter]
    corpus = corpora.load(arguments.extra, written=arguments.written or corpora.WRITTEN)
    kept, aside = corpora.split(corpus.of(adapter), share=HELD_SHARE, seed=recipe.seed)
    talk = talks.taught(adapter, kept, seed=recipe.seed)
    kept += talk.examples
    with Progress() as bar:
        task = bar.add_task(f"training {adapter} on {len(kept)} examples")
        network = heads.train(
            base,
            adapter,
            kept,
            recipe=recipe,
            tell=lambda step, steps, loss: bar.update(
                task, completed=step, total=steps, description=f"{adapter}, loss {loss:.3f}"
            ),
        )
    folder: Path = (arguments.out or WEIGHTS) / adapter
    folder.mkdir(parents=True, exist_ok=True)
    save_file(network.small_state(), folder / WEIGHTS_FILE)
    (folder / WEIGHTS_FILE).chmod(0o644)  # it is written for its owner alone
    used = {example.source for example in corpus.of(adapter)}
    read_by_hand = [example for example in aside if not example.drawn_as]
    figures = held.measure(network, read_by_hand, base, seed=recipe.seed)
    cards.write_card(
        folder,
        adapter,
        weights_sha256=_sha256(folder / WEIGHTS_FILE),
        recipe=recipe,
        files=[*(file for file in corpus.files if file.path in used), *talk.files],
        held=figures,
        base_sha256=_sha256(base / EMBEDDINGS.weights),
    )
    for figure in figures:
        print(f"{figure.head:28} {figure.figure} {figure.value:.3f} ({figure.low:.3f} to {figure.high:.3f})")
    print(f"written to {folder}")
    return 0


def _train_persona(arguments: argparse.Namespace) -> int:
    from inference.data.personas import PERSONAS, read_personas  # noqa: PLC0415 - with what follows imports numpy
    from inference.insight.persona.reader import FOLDER  # noqa: PLC0415
    from inference.training.persona import fit, out_of_fold, threshold_for, write_weights  # noqa: PLC0415
    from inference.training.persona_card import write_card  # noqa: PLC0415

    folder: Path = arguments.out or FOLDER
    rows, files = read_personas(arguments.rows or PERSONAS)
    kept = [row for row in rows if not row.is_held_out]
    aside = [row for row in rows if row.is_held_out]
    chances = out_of_fold(kept)
    weights = write_weights(folder, fit(kept), threshold=threshold_for(kept, chances))
    card = write_card(folder, weights, files=files, kept=kept, chances=chances, aside=aside)
    for part in ("out_of_fold", "held_out"):
        for figure in card[part]:  # type: ignore[attr-defined]
            if figure["value"] is not None:
                print(f"{part:12} {figure['name']:48} {figure['value']:.3f} of {figure['n']}")
    print(f"{weights.version}, threshold {weights.threshold}, written to {folder}")
    return 0


def _fetched_base() -> Path:
    if not is_present(EMBEDDINGS, data_directory()):
        raise ValueError("the encoder is not here; run: python -m inference models fetch default")
    return folder_of(EMBEDDINGS, data_directory())


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _adapter_of(name: str) -> str:
    from inference.encoder.heads import ADAPTERS  # noqa: PLC0415 - imports torch

    for adapter, specs in ADAPTERS.items():
        if name == adapter or any(spec.name == name for spec in specs):
            return adapter
    known = ", ".join(spec.name for specs in ADAPTERS.values() for spec in specs)
    raise ValueError(f"no head {name}; there are: {known}")
