"""What every adapter that comes with the product must be, read from its files alone. None may lie there either."""

import json
import struct
from pathlib import Path

import pytest

from inference.models.adapter import FIGURES_FILE, WEIGHTS_FILE, read_adapter, sha256_of
from inference.models.catalogue import TEXT
from inference.models.figure_file import read_figures
from inference.models.fitting import Base, misfit
from inference.models.gate import judge
from inference.models.registry import SHIPPED_ADAPTERS

FOLDERS = (
    sorted(each for each in SHIPPED_ADAPTERS.glob("*") if each.is_dir()) if SHIPPED_ADAPTERS.is_dir() else []
)
MOST_BYTES = 10_000_000
RANK, LAYERS = 16, 30
STREAM, SHARED, MIDDLE = 576, 192, 1536
"""Widths of SmolLM2-135M: of the stream, of keys and values (3 heads of 64), and between gate and down."""
SIZES = {
    "self_attn.q_proj": (STREAM, STREAM),
    "self_attn.k_proj": (STREAM, SHARED),
    "self_attn.v_proj": (STREAM, SHARED),
    "self_attn.o_proj": (STREAM, STREAM),
    "mlp.gate_proj": (STREAM, MIDDLE),
    "mlp.up_proj": (STREAM, MIDDLE),
    "mlp.down_proj": (MIDDLE, STREAM),
}
"""Inputs and outputs of every matrix that has low-rank weights."""


def fitting_shapes() -> dict[str, list[int]]:
    shapes = {}
    for layer in range(LAYERS):
        for matrix, (inputs, outputs) in SIZES.items():
            place = f"base_model.model.model.layers.{layer}.{matrix}"
            shapes[f"{place}.lora_A.weight"] = [RANK, inputs]
            shapes[f"{place}.lora_B.weight"] = [outputs, RANK]
    return shapes


def header_of(file: Path) -> dict[str, dict[str, object]]:
    with file.open("rb") as opened:
        (length,) = struct.unpack("<Q", opened.read(8))
        header = json.loads(opened.read(length))
    return {name: entry for name, entry in header.items() if name != "__metadata__"}


def test_the_shapes_asked_of_a_shipped_adapter_weigh_less_than_it_may() -> None:
    numbers = sum(first * second for first, second in fitting_shapes().values())

    assert len(fitting_shapes()) == 420
    assert 9_000_000 < 2 * numbers < MOST_BYTES


def misfits(folder: Path) -> list[str]:
    """What keeps the weights in the folder from being shipped; none where nothing does."""
    file, config = (
        folder / WEIGHTS_FILE,
        json.loads((folder / "adapter_config.json").read_text(encoding="utf-8")),
    )
    tensors, kinds = header_of(file), {each.suffix for each in folder.iterdir()}
    wrong = {
        "too large": file.stat().st_size > MOST_BYTES,
        "not bfloat16": {str(entry["dtype"]) for entry in tensors.values()} != {"BF16"},
        "other shapes": {name: entry["shape"] for name, entry in tensors.items()} != fitting_shapes(),
        "another configuration": (config["peft_type"], config["r"]) != ("LORA", RANK),
        "other files": not kinds <= {".safetensors", ".json", ".md"},
    }
    return [what for what, holds in wrong.items() if holds]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_shipped_adapter_is_small_bfloat16_and_fits_the_bundled_model(folder: Path) -> None:
    assert misfits(folder) == []


def write_weights(folder: Path, shapes: dict[str, list[int]], *, kind: str = "BF16", size: int = 2) -> None:
    header, end = {}, 0
    for name, shape in shapes.items():
        start, end = end, end + size * shape[0] * shape[1]
        header[name] = {"dtype": kind, "shape": shape, "data_offsets": [start, end]}
    words = json.dumps(header).encode()
    (folder / WEIGHTS_FILE).write_bytes(struct.pack("<Q", len(words)) + words + bytes(end))


def test_weights_that_do_not_fit_are_told_apart_from_those_that_do(tmp_path: Path) -> None:
    shapes = fitting_shapes()
    name = next(iter(shapes))
    (tmp_path / "adapter_config.json").write_text('{"peft_type": "LORA", "r": 16}')
    write_weights(tmp_path, shapes)
    assert misfits(tmp_path) == []

    write_weights(tmp_path, shapes, kind="F32", size=4)
    assert misfits(tmp_path) == ["too large", "not bfloat16"]
    write_weights(tmp_path, shapes | {name: [8, STREAM]})
    (tmp_path / "adapter_model.bin").touch()
    assert misfits(tmp_path) == ["other shapes", "other files"]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_shipped_adapter_has_a_card_of_its_own_weights_that_says_what_it_is(folder: Path) -> None:
    adapter = read_adapter(folder)

    assert adapter.name == folder.name
    assert adapter.card["weights_sha256"] == sha256_of(folder / WEIGHTS_FILE)
    assert misfit(adapter.card, Base(TEXT.name, TEXT.sha256)) == ""
    for said in ("licence", "training_files", "use", "failures"):
        assert adapter.card.get(said), said
    assert (folder / "card.md").read_text(encoding="utf-8").startswith(f"# {adapter.version}")


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_shipped_adapter_has_figures_of_its_own_that_pass_the_gate(folder: Path) -> None:
    figures = read_figures(folder / FIGURES_FILE)

    assert (figures.name, figures.adapter) == (folder.name, read_adapter(folder).sha256)
    assert judge(figures, None).reasons == ()
