"""Unpacks a GGUF file once into a folder of bfloat16 safetensors, because reading GGUF takes 15 s and that takes one.

Knows files; what the model is for, it does not.
"""

import shutil
import tempfile
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig
from transformers.utils.logging import disable_progress_bar

from inference.errors import ModelError
from inference.models.catalogue import dense_place, is_dense


def dense_folder(gguf: Path) -> Path:
    """The unpacked folder beside `gguf`, made if it is not there; half-made ones never get that name.

    The file is quantised to 4 bits, so that bfloat16's 8 bits of mantissa lose nothing that matters."""
    folder = dense_place(gguf)
    if is_dense(gguf):
        return folder
    if not gguf.is_file():
        raise ModelError(
            f"there is no file {gguf}; `python -m inference models fetch default` brings the default"
        )
    making = Path(tempfile.mkdtemp(prefix=f".{gguf.stem}-", dir=gguf.parent))
    try:
        _unpack(gguf, making)
        _give_name(making, folder, gguf)
    except Exception as error:  # a file that is broken anywhere makes the reader raise anything
        raise ModelError(f"{gguf} cannot be unpacked ({type(error).__name__}): {error}") from error
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return folder


def _give_name(making: Path, folder: Path, gguf: Path) -> None:
    try:
        making.rename(folder)
    except OSError:
        if not is_dense(gguf):  # another process was quicker, and its folder is as good
            raise


def _unpack(gguf: Path, folder: Path) -> None:
    disable_progress_bar()
    place = str(gguf.parent)
    AutoTokenizer.from_pretrained(place, gguf_file=gguf.name).save_pretrained(folder)
    network = AutoModelForCausalLM.from_pretrained(
        place,
        gguf_file=gguf.name,
        quantization_config=GgufConfig(dequantize=True),
        dtype=torch.bfloat16,
    )
    network.save_pretrained(folder)
