"""As `crisis`, on messages whose labels a language model gave: noisy, for development."""

from inference.evaluation.suites.crisis import ADAPTERS, LAYERS, VERSIONS, figures, given, prediction

NAME = "crisis_silver"
__all__ = ["ADAPTERS", "LAYERS", "NAME", "VERSIONS", "figures", "given", "prediction"]
