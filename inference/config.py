"""How one worker process is set up, from the command line and the environment. Torch-free."""

import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from inference.engine.remote_setting import RemoteSetting, remote_from_environment
from inference.engine.setting import Device, Quantise, Setting
from inference.models.catalogue import data_directory

DRAIN_S = 20.0
"""What a supervisor usually waits between SIGTERM and SIGKILL is 30 s; replies take a few."""


@dataclass(frozen=True)
class WorkerConfig:
    """`model` "" is the bundled one; `secret` is what callers must send; `has_own_secret` that we made it."""

    port: int
    host: str = "127.0.0.1"
    engine: str = "model"
    model: str = ""
    data: Path = field(default_factory=data_directory)
    secret: str = ""
    has_own_secret: bool = False
    queue_size: int = 128
    max_rows: int = 128
    talk_bytes: int = Setting.talk_bytes
    threads: int | None = None
    scripted_tokens_per_s: float | None = None
    device: Device = Device.AUTO
    quantise: Quantise = Quantise.NONE
    remote: RemoteSetting | None = None

    @property
    def setting(self) -> Setting:
        """Of the model."""
        return Setting(self.device, self.quantise, self.max_rows, self.talk_bytes)


def from_environment(
    *,
    port: int,
    host: str,
    engine: str,
    model: str | None,
    device: str | None = None,
    quantise: str | None = None,
) -> WorkerConfig:
    """Reads PIXELATED_WORKER_SECRET, _MODEL, _DATA_DIR, _WORKER_THREADS, _WORKER_QUEUE, _WORKER_ROWS, _WORKER_TALK_MB,
    _DEVICE, _QUANTISE, _SCRIPTED_TOKENS_PER_S and those of a remote engine; a value that will not do is a ValueError
    naming its variable."""
    secret = os.environ.get("PIXELATED_WORKER_SECRET", "").strip()
    return WorkerConfig(
        port=port,
        host=host,
        engine=engine,
        model=model if model is not None else os.environ.get("PIXELATED_MODEL", "").strip(),
        secret=secret or secrets.token_urlsafe(32),
        has_own_secret=not secret,
        queue_size=int(_number("PIXELATED_WORKER_QUEUE") or 128),
        max_rows=int(_number("PIXELATED_WORKER_ROWS") or 128),
        talk_bytes=int(_number("PIXELATED_WORKER_TALK_MB") or Setting.talk_bytes >> 20) << 20,
        threads=int(_number("PIXELATED_WORKER_THREADS") or 0) or None,
        scripted_tokens_per_s=_number("PIXELATED_SCRIPTED_TOKENS_PER_S"),
        device=_choice(Device, "PIXELATED_DEVICE", device),
        quantise=_choice(Quantise, "PIXELATED_QUANTISE", quantise),
        remote=remote_from_environment(),
    )


_Choice = TypeVar("_Choice", Device, Quantise)


def _choice(kind: type[_Choice], name: str, asked: str | None) -> _Choice:
    """What was asked for on the command line, else in the environment, else the first."""
    value = os.environ.get(name, "").strip() if asked is None else asked
    if not value:
        return next(iter(kind))
    try:
        return kind(value)
    except ValueError:
        raise ValueError(f"{name} must be one of {', '.join(kind)}") from None


def _number(name: str) -> float | None:
    value = os.environ.get(name, "").strip()
    if not value:
        return None
    try:
        number = float(value)
    except ValueError:
        number = -1.0
    if not 0 < number < 1e6:
        raise ValueError(f"{name} must be a number above 0")
    return number
