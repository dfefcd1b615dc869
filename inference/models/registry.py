"""Which adapter speaks for whom: adapters kept by their content, promoted past a gate, rolled back, on record.

    <data>/registry/<name>/<sha256>/       an adapter, as registered; checked whenever it is read
    <data>/registry/<name>/figures/*.json  what was measured of an adapter, by its address
    <data>/registry/<name>/history.jsonl   registered, promoted, refused, rolled back; what speaks is read from here
    inference/models/adapters/<name>/      the shipped one, which speaks while none is promoted

Torch-free; knows no engine: whoever serves asks `served` again when it reloads.
"""

import os
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from inference.errors import ModelError
from inference.models.adapter import (
    FIGURES_FILE,
    FIGURES_PAGE,
    Adapter,
    checked_name,
    checked_sha256,
    is_name,
    read_adapter,
    sha256_of,
)
from inference.models.catalogue import data_directory
from inference.models.figure_file import read_figures, write_figures
from inference.models.gate import Figures, Verdict, judge
from inference.models.history import SHIPPED, Entry, Event, History, promoted

SHIPPED_ADAPTERS = Path(__file__).parent / "adapters"
KEPT = "registry"
"""The folder under the data directory; training leaves what it makes in `adapters/`, which nobody serves."""


def served(name: str) -> Path | None:
    """The folder of the adapter that speaks as `name`: the promoted one, else the shipped, else None.

    Its weights were hashed just now. Raises ModelError where they are not what was registered."""
    adapter = Registry().served(name)
    return adapter.folder if adapter else None


@dataclass(frozen=True)
class Registry:
    """The adapters under a data directory, and the shipped ones beside them."""

    data: Path = field(default_factory=data_directory)
    shipped: Path = field(default_factory=lambda: SHIPPED_ADAPTERS)

    def names(self) -> list[str]:
        """Every name that has an adapter, shipped or registered. Folders that no adapter could be in do not count."""
        folders = (self.shipped, self.data / KEPT)
        found = {
            each.name for folder in folders if folder.is_dir() for each in folder.iterdir() if each.is_dir()
        }
        names = filter(is_name, found)
        return sorted(name for name in names if self.addresses(name) or self._shipped_folder(name))

    def addresses(self, name: str) -> list[str]:
        """Of the registered adapters of this name."""
        folder = self._folder(name)
        entries = folder.iterdir() if folder.is_dir() else ()
        return sorted(each.name for each in entries if each.is_dir() and len(each.name) == 64)

    def adapter(self, name: str, sha256: str) -> Adapter:
        """The registered or shipped adapter with this address, checked. Raises ModelError."""
        folder = self._folder(name) / checked_sha256(sha256)
        if folder.is_dir():
            return read_adapter(folder, sha256=sha256)
        shipped = self.shipped_adapter(name)
        if shipped is None or shipped.sha256 != sha256:
            raise ModelError(f"no adapter {sha256[:12]} of {name} is registered here")
        return shipped

    def find(self, name: str, beginning: str) -> str:
        """The whole address of the one adapter of this name that begins so; ModelError where there is none or more."""
        shipped = self.shipped_adapter(name)
        known = {*self.addresses(name), *([shipped.sha256] if shipped else [])}
        found = [each for each in sorted(known) if beginning and each.startswith(beginning)]
        if len(found) != 1:
            raise ModelError(
                f"{len(found)} adapters of {name} have an address that begins with {beginning!r}"
            )
        return found[0]

    def shipped_adapter(self, name: str) -> Adapter | None:
        folder = self._shipped_folder(name)
        if folder is None:
            return None
        adapter = read_adapter(folder)
        if adapter.name != name:
            raise ModelError(f"{folder}: is the adapter of {adapter.name}")
        return adapter

    def served(self, name: str) -> Adapter | None:
        standing = promoted(self.history(name))
        if standing and standing[-1] != SHIPPED:
            return self.adapter(name, standing[-1])
        return self.shipped_adapter(name)

    def history(self, name: str) -> list[Entry]:
        return History(self._folder(name)).entries()

    def register(self, folder: Path, *, by: str = "") -> Adapter:
        """Keep a copy under its address. Again is without effect. Raises ModelError where it is no sound adapter."""
        given = read_adapter(folder)
        home = self._folder(given.name)
        kept = home / given.sha256
        with History(home).writing() as writing:
            if not kept.is_dir():
                _copy(given, kept)
                writing.add(Event.REGISTERED, given.sha256, by=by)
        own_figures = folder / FIGURES_FILE
        if own_figures.is_file():
            self.file_figures(read_figures(own_figures))
        return read_adapter(kept, sha256=given.sha256)

    def file_figures(self, figures: Figures) -> Path:
        """Put figures where promotion looks for them; those measured before of the same adapter give way."""
        path = self._figures_path(figures.name, figures.adapter)
        write_figures(figures, path)
        return path

    def figures_of(self, adapter: Adapter) -> Figures | None:
        """What was measured of it here, else what came with it; None where nothing was."""
        for path in (self._figures_path(adapter.name, adapter.sha256), adapter.folder / FIGURES_FILE):
            if path.is_file():
                figures = read_figures(path)
                if (figures.name, figures.adapter) != (adapter.name, adapter.sha256):
                    raise ModelError(f"{path}: are the figures of another adapter")
                return figures
        return None

    def verdict(self, figures: Figures, standing: Adapter | None) -> Verdict:
        """What the gate says of figures, somebody standing in the place or nobody. One that was not measured keeps it:
        nothing tells then whether the other is worse."""
        against = self.figures_of(standing) if standing else None
        verdict = judge(figures, against)
        if standing is None or against is not None:
            return verdict
        return Verdict((*verdict.reasons, f"what speaks cannot be compared: {_unmeasured(standing)}"))

    def promote(self, name: str, sha256: str, *, by: str = "") -> Verdict:
        """Let it speak as `name` if the gate lets it past; either way the history has it. Raises ModelError where the
        adapter is not here, is not sound or was not measured."""
        adapter = self.adapter(name, sha256)
        figures = self.figures_of(adapter)
        if figures is None:
            raise ModelError(_unmeasured(adapter))
        if adapter.folder.parent == self.shipped:
            self.register(adapter.folder, by=by)  # a later release may ship another in its place
        with History(self._folder(name)).writing() as writing:
            standing = self._standing(name, writing.entries)
            if standing is not None and standing.sha256 == sha256:
                return Verdict(())
            verdict = self.verdict(figures, standing)
            writing.add(
                Event.PROMOTED if verdict.passed else Event.REFUSED,
                sha256,
                before=standing.sha256 if standing else SHIPPED,
                reasons=verdict.reasons,
                figures=self._figures_hash(adapter),
                against=self._figures_hash(standing) if standing else "",
                by=by,
            )
        return verdict

    def roll_back(self, name: str, *, by: str = "", reason: str = "") -> Adapter | None:
        """Give the place back to whoever had it before the last promotion; what speaks then. No gate: this is how one
        gets away from what turned out bad. Raises ModelError where nothing is promoted, or the other is not sound."""
        with History(self._folder(name)).writing() as writing:
            standing = promoted(writing.entries)
            if not standing:
                raise ModelError(f"no adapter of {name} is promoted: there is nothing to go back from")
            before = standing[-2] if len(standing) > 1 else SHIPPED
            back = self.adapter(name, before) if before != SHIPPED else self.shipped_adapter(name)
            writing.add(
                Event.ROLLED_BACK,
                back.sha256 if back else SHIPPED,
                before=standing[-1],
                reasons=(reason,) if reason else (),
                by=by,
            )
        return back

    def _standing(self, name: str, entries: list[Entry]) -> Adapter | None:
        standing = promoted(entries)
        return self.adapter(name, standing[-1]) if standing else self.shipped_adapter(name)

    def _figures_hash(self, adapter: Adapter) -> str:
        """Of the file of its figures; "" where there is none."""
        path = self._figures_path(adapter.name, adapter.sha256)
        file = path if path.is_file() else adapter.folder / FIGURES_FILE
        return sha256_of(file) if file.is_file() else ""

    def _figures_path(self, name: str, sha256: str) -> Path:
        return self._folder(name) / "figures" / f"{checked_sha256(sha256) if sha256 else 'bare'}.json"

    def _folder(self, name: str) -> Path:
        return self.data / KEPT / checked_name(name)

    def _shipped_folder(self, name: str) -> Path | None:
        folder = self.shipped / checked_name(name)
        return folder if folder.is_dir() else None


def _unmeasured(adapter: Adapter) -> str:
    return (
        f"{adapter.name} {adapter.sha256[:12]} was not measured: "
        f"python -m inference evaluate-adapter {adapter.name} --adapter {adapter.sha256[:12]}"
    )


def _copy(given: Adapter, kept: Path) -> None:
    """Under its address the folder is whole or not there; what was copied is hashed once more before it is."""
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".register-", dir=kept.parent) as scratch:
        copied = Path(scratch) / "adapter"
        shutil.copytree(given.folder, copied, ignore=shutil.ignore_patterns(FIGURES_FILE, FIGURES_PAGE))
        read_adapter(copied, sha256=given.sha256)
        for file in copied.iterdir():
            file.chmod(0o444)
        os.rename(copied, kept)
