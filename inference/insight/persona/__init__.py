"""Which persona a caller wants, read from the words alone: the companion, a client to practise on, or the educational
assistant. Torch-free, so that the web process can ask it with the worker away."""

from inference.insight.persona.reader import MOST_TEXTS, Reading, read_persona, version

__all__ = ["MOST_TEXTS", "Reading", "read_persona", "version"]
