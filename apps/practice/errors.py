"""Errors of practice.

PracticeError
└── ScriptError      a scripted therapist cannot be read: file, line and what is wrong
"""

from __future__ import annotations


class PracticeError(Exception):
    """Anything that goes wrong with a practice session."""

    code = "practice"
    retryable = False


class ScriptError(PracticeError):
    """The message names file and line; it quotes codes and keys at most, never a turn's text."""

    code = "script"
