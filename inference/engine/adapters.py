"""Puts the adapters that were chosen onto a loaded model, and leaves out, aloud, those that cannot be.

The model speaks either way: an adapter that does not fit costs its own words and nobody's turn. Which may speak by
their cards is decided in `models/fitting`.
"""

import logging
from dataclasses import replace

from inference.engine.loader import SHORT_SUM, LoadedModel
from inference.engine.lora import LowRank
from inference.engine.peft_folder import read_low_rank
from inference.errors import ModelError
from inference.models.adapter import Adapter
from inference.models.fitting import Chosen

logger = logging.getLogger(__name__)


def put_on(model: LoadedModel, chosen: Chosen) -> LoadedModel:
    """The quickened model with those adapters that fit its weights. The others are refused, each with its reason, which
    is logged too."""
    own: dict[str, LowRank] = {}
    refused = dict(chosen.refused)
    for name, adapter in chosen.adapters.items():
        try:
            own[name] = _read(adapter, model)
        except ModelError as error:
            refused[name] = f"{adapter.version}: {error}"
    for name, read in own.items():
        logger.info("the adapter %s speaks: %s, %s", name, read.card, read.checksum[:SHORT_SUM])
    for name, why in refused.items():
        logger.warning("the adapter %s does not speak: %s", name, why)
    return replace(model, adapters=own, refused=refused)


def _read(adapter: Adapter, model: LoadedModel) -> LowRank:
    if model.weights is None:
        raise ModelError("this worker cannot put adapters on a model of this kind")
    read = read_low_rank(adapter.folder, name=adapter.name, weights=model.weights)
    if read.checksum != adapter.sha256:
        raise ModelError("it was changed while it was being read")
    return replace(read, card=adapter.version)
