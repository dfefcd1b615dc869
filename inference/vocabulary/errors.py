"""Errors of the vocabulary.

VocabularyError   a file is missing, malformed or contradicts itself
"""

from __future__ import annotations


class VocabularyError(Exception):
    """Bad configuration in the product's own files: stops the process at start, never retryable."""

    code = "vocabulary"
    retryable = False
