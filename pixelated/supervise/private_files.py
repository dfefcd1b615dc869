"""Files and folders that only their owner can open. Knows nothing of what is in them."""

import fcntl
import os
import tempfile
from pathlib import Path

from pixelated.supervise.errors import AlreadyRunningError

_LONG_LOG_BYTES = 10_000_000


def private_folder(path: Path, *, mode: int = 0o700) -> Path:
    """The folder, made with `mode` if it is not there; a folder that is there keeps the mode it has."""
    if not path.is_dir():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir(mode=mode)
        path.chmod(mode)
    return path


def write_private(path: Path, text: str) -> None:
    """Replace the file in one step; 0600 from its first byte on."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    Path(temporary).replace(path)


def open_log(path: Path) -> int:
    """A descriptor that appends to the log, made 0600; a long one is put aside first. The caller closes it."""
    if path.is_file() and path.stat().st_size > _LONG_LOG_BYTES:
        path.replace(path.with_suffix(f"{path.suffix}.1"))
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)


def last_lines(path: Path, count: int = 12) -> list[str]:
    """The end of a log; empty where there is none. Reads at most the last 16 kB."""
    if not path.is_file():
        return []
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - 16_384))
        return file.read().decode("utf-8", "replace").splitlines()[-count:]


class Claim:
    """An exclusive hold on a folder, kept by this process until `release` or its end, however it ends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            note = os.pread(self._handle, 4096, 0).decode("utf-8", "replace")
            os.close(self._handle)
            raise AlreadyRunningError(note) from None

    def note(self, text: str) -> None:
        """What the next to ask is told, as the text of `AlreadyRunningError`."""
        os.ftruncate(self._handle, 0)
        os.pwrite(self._handle, text.encode(), 0)

    def release(self) -> None:
        self.note("")
        os.close(self._handle)


def is_claimed(path: Path) -> bool:
    """Whether a living process holds the claim."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
