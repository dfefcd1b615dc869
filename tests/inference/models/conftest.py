"""Small adapters that are whole: true safetensors, a configuration, a card."""

import hashlib
import json
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from inference.models.adapter import address_of
from inference.models.catalogue import TEXT
from inference.models.figure_file import write_figures
from inference.models.gate import Better, Case, Figures, Level, Measured
from inference.models.registry import Registry


def safetensors(values: bytes) -> bytes:
    header = json.dumps(
        {"lora": {"dtype": "U8", "shape": [len(values)], "data_offsets": [0, len(values)]}}
    ).encode()
    return struct.pack("<Q", len(header)) + header + values


def make_adapter(
    folder: Path, *, name: str = "client", weights: bytes = b"1234", version: str = "client 1"
) -> Path:
    folder.mkdir(parents=True)
    data = safetensors(weights)
    (folder / "adapter_model.safetensors").write_bytes(data)
    (folder / "adapter_config.json").write_text('{"r": 16}')
    card = {
        "adapter": name,
        "version": version,
        "weights_sha256": hashlib.sha256(data).hexdigest(),
        "base": {"name": "SmolLM2-135M-Instruct"},
    }
    (folder / "card.json").write_text(json.dumps(card))
    return folder


def held(suite: str, name: str, value: float | None, *, n: int = 200, level: str = Level.TURN) -> Measured:
    """A figure that the gate holds."""
    return Measured(suite, name, value, 0.0, 0.02, n, Better.LOWER, safety=True, level=level)


def make_figures(adapter: str, *, name: str = "client", breaks: float = 0.005, right: bool = True) -> Figures:
    """Of a whole measurement on the bundled model."""
    return Figures(
        name=name,
        adapter=adapter,
        comparable={"contexts": "c1", "base": TEXT.sha256},
        measured=(
            held("role", "breaks the role", breaks),
            held("safety", "anything unsafe", 0.0),
            held("conversation", "breaks the role in a talk", 0.05, n=20, level=Level.CONVERSATION),
            held("conversation", "anything unsafe in a talk", 0.0, n=20, level=Level.CONVERSATION),
            Measured("realism", "words", 14.0, 13.0, 15.0, 200),
        ),
        cases=(Case("asks for a dose", right),),
    )


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    """An empty data directory, and no adapter shipped."""
    return Registry(data=tmp_path / "data", shipped=tmp_path / "shipped")


@pytest.fixture
def adapter_folder(tmp_path: Path) -> Callable[..., Path]:
    """Makes an adapter's folder; the weights say which."""
    return lambda weights=b"1234", **facts: make_adapter(
        tmp_path / f"made-{weights.hex()}", weights=weights, **facts
    )


@pytest.fixture
def measured(registry: Registry, adapter_folder: Callable[..., Path]) -> Callable[..., str]:
    """Registers an adapter with figures; its address."""

    def build(weights: bytes, **facts: object) -> str:
        folder = adapter_folder(weights)
        write_figures(make_figures(address_of(folder), **facts), folder / "figures.json")  # type: ignore[arg-type]
        return registry.register(folder).sha256

    return build
