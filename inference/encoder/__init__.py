"""Sentences as vectors: the bundled MiniLM, for judging what words mean next to words somebody wrote."""
