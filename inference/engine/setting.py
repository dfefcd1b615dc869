"""Where a model runs and how its weights are held, as a person sets it. Torch-free, so that the configuration and the
commands can name it."""

from dataclasses import dataclass
from enum import StrEnum


class Device(StrEnum):
    """AUTO is a CUDA card where there is one, else the processor."""

    AUTO = "auto"
    CPU = "cpu"
    CUDA = "cuda"


class Quantise(StrEnum):
    """The bits of a weight while it is held, on a CUDA card; NONE holds them as they are."""

    NONE = "none"
    EIGHT = "8bit"
    FOUR = "4bit"


@dataclass(frozen=True)
class Setting:
    """`rows` may speak at once; on a card their room is set apart when the model is loaded. `talk_bytes` are a
    processor's, for keys and values of what is being read and said and of what was: with so many the worker stays under
    1.5 GB, and when dozens talk at once their prompts are read anew in every turn."""

    device: Device = Device.AUTO
    quantise: Quantise = Quantise.NONE
    rows: int = 128
    talk_bytes: int = 256 << 20
