"""What a model's weights hash to, so that its name says which bytes spoke. Torch-free; knows files, no models."""

import hashlib
from pathlib import Path

from inference.models.adapter import sha256_of
from inference.models.catalogue import checked_sum

SHORT = 12
"""Digits of a sum in a name; the whole one is what `sha256sum` says."""


def revision_of(place: Path) -> str:
    """`sha256:` and the first digits of the sum of a file, or of a folder's weights; "" where it has none. A bundled
    file was read when it was fetched and is not read again; others take about a second for each gigabyte or two."""
    full = checked_sum(place) or _sum(place)
    return short(full) if full else ""


def short(sha256: str) -> str:
    return f"sha256:{sha256[:SHORT]}"


def _sum(place: Path) -> str:
    """Of one file its own; of several that over a line `<sha256>  <name>` for each, as `sha256sum` writes them."""
    if place.is_file():
        return sha256_of(place)
    files = sorted(place.glob("model*.safetensors"))
    if len(files) == 1:
        return sha256_of(files[0])
    lines = "".join(f"{sha256_of(file)}  {file.name}\n" for file in files)
    return hashlib.sha256(lines.encode()).hexdigest() if files else ""
