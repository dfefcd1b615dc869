"""One adapter's folder: what may lie in it, what it is called by its content, what its card says. Torch-free.

An adapter is small weights for one persona (`client`, `companion`) on one base model, in the folder form of PEFT:
`adapter_model.safetensors`, `adapter_config.json` and our `card.json`. Weights are safetensors and nothing that could
run code when it is read. Knows nothing of who promoted it.
"""

import hashlib
import json
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from inference.errors import ModelError
from inference.strict_json import Json

WEIGHTS_FILE = "adapter_model.safetensors"
CONFIG_FILE = "adapter_config.json"
CARD_FILE = "card.json"
FIGURES_FILE, FIGURES_PAGE = "figures.json", "figures.md"
"""What was measured of it, for the gate and for a reader. They may change: a registered adapter's lie elsewhere."""
SPEAKING = (CONFIG_FILE, WEIGHTS_FILE)
"""The files that decide what is said; the address is made of these, so that a better-written card moves nothing."""
SUFFIXES = frozenset({".safetensors", ".json", ".md", ".toml", ".jsonl"})
MOST_FILES = 32
MOST_CARD_BYTES = 1024 * 1024
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_SHA = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Adapter:
    """`sha256` is its address: of its configuration and weights together. `card` as the file holds it."""

    name: str
    sha256: str
    folder: Path
    card: Mapping[str, Json]

    @property
    def version(self) -> str:
        return str(self.card["version"])


def is_name(name: str) -> bool:
    return _NAME.fullmatch(name) is not None


def checked_name(name: str) -> str:
    """The name, if a folder may be called so; else ModelError."""
    if not is_name(name):
        raise ModelError("an adapter is named in small letters, digits, - and _, such as client")
    return name


def checked_sha256(sha256: str) -> str:
    if not _SHA.fullmatch(sha256):
        raise ModelError("an adapter's address is 64 hexadecimal digits")
    return sha256


def read_adapter(folder: Path, *, sha256: str = "") -> Adapter:
    """The adapter in `folder`, every byte of its weights hashed. Raises ModelError where it is not whole, holds what
    no adapter may, has other weights than its card says, or is not the one addressed by `sha256`."""
    _check_files(folder)
    check_safetensors(folder / WEIGHTS_FILE)
    card = read_card(folder)
    if sha256_of(folder / WEIGHTS_FILE) != card["weights_sha256"]:
        raise ModelError(f"{folder}: the weights are not those that the card describes")
    address = address_of(folder)
    if sha256 and address != sha256:
        raise ModelError(f"{folder}: was changed after it was registered (its content is {address[:12]})")
    return Adapter(checked_name(str(card["adapter"])), address, folder, card)


def address_of(folder: Path) -> str:
    """SHA-256 over a line `<sha256>  <name>` for each of SPEAKING, as `sha256sum` writes them."""
    lines = "".join(f"{sha256_of(folder / name)}  {name}\n" for name in SPEAKING)
    return hashlib.sha256(lines.encode()).hexdigest()


def sha256_of(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(f"{file}: cannot be read ({type(error).__name__})") from error


def read_card(folder: Path) -> Mapping[str, Json]:
    """The card, with `adapter`, `version`, `weights_sha256` and `base.name` at least; else ModelError."""
    file = folder / CARD_FILE
    try:
        if file.stat().st_size > MOST_CARD_BYTES:
            raise ModelError(f"{file}: is longer than a card may be")
        card = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"{file}: cannot be read ({type(error).__name__})") from error
    texts = (
        [card.get(key) for key in ("adapter", "version", "weights_sha256")] if isinstance(card, dict) else []
    )
    base = card.get("base") if isinstance(card, dict) else None
    named = isinstance(base, dict) and isinstance(base.get("name"), str)
    if not named or len(texts) != 3 or not all(isinstance(text, str) and text for text in texts):
        raise ModelError(f"{file}: a card names adapter, version, weights_sha256 and base.name")
    return card


def _check_files(folder: Path) -> None:
    if not folder.is_dir():
        raise ModelError(f"{folder}: there is no such folder")
    entries = sorted(folder.iterdir())
    if len(entries) > MOST_FILES:
        raise ModelError(f"{folder}: holds more than the {MOST_FILES} files an adapter may have")
    for entry in entries:
        if entry.is_symlink() or not entry.is_file() or entry.suffix not in SUFFIXES:
            raise ModelError(f"{entry}: an adapter's folder holds safetensors, JSON and text, nothing else")
    weights = [entry.name for entry in entries if entry.suffix == ".safetensors"]
    if weights != [WEIGHTS_FILE]:
        raise ModelError(f"{folder}: an adapter's weights are one file, {WEIGHTS_FILE}")
    if not (folder / CONFIG_FILE).is_file():
        raise ModelError(f"{folder}: {CONFIG_FILE} is missing")


def check_safetensors(file: Path) -> None:
    """Raises ModelError unless the file has the form: a length, a JSON header, tensors that end where the file ends."""
    try:
        with file.open("rb") as opened:
            (length,) = struct.unpack("<Q", opened.read(8))
            if length > 16 * MOST_CARD_BYTES:
                raise ValueError("header too long")
            header = json.loads(opened.read(length).decode("utf-8"))
        tensors = [entry for name, entry in header.items() if name != "__metadata__"]
        end = max(entry["data_offsets"][1] for entry in tensors)
        whole = 8 + length + end == file.stat().st_size
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError, struct.error) as error:
        raise ModelError(f"{file}: is not a safetensors file ({type(error).__name__})") from error
    if not whole:
        raise ModelError(f"{file}: is not whole")
