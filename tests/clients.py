"""Authored clients for tests: one small case with a line or two for every act, and variations of its text."""

from __future__ import annotations

from pathlib import Path

from apps.practice.scripts import ScriptedTurn
from apps.scenarios.case import Case
from apps.scenarios.format import read_case
from inference.contracts import BehaviourCode

TINY = Path(__file__).parent / "apps" / "scenarios" / "tiny-client.toml"


def tiny_text(*replacements: tuple[str, str]) -> str:
    """The small case's TOML with each first text, which must be there, replaced by the second."""
    text = TINY.read_text(encoding="utf-8")
    for old, new in replacements:
        if old not in text:
            raise ValueError(f"the small case does not hold {old!r}")
        text = text.replace(old, new)
    return text


def tiny_case(*replacements: tuple[str, str]) -> Case:
    return read_case(tiny_text(*replacements), file="tiny-client.toml")


def coded(*names: str) -> tuple[BehaviourCode, ...]:
    """`coded("SR", "Q open")`"""
    return tuple(
        BehaviourCode(name, subtype, 1.0, 0, 1)
        for name, _, subtype in (text.partition(" ") for text in names)
    )


def said(text: str, *names: str) -> ScriptedTurn:
    """A scripted turn with these codes, possibly none."""
    return ScriptedTurn(text, coded(*names))


def uncoded(text: str, previous_client: str) -> tuple[tuple[BehaviourCode, ...], bool, str]:
    """A coder that finds no code in anything."""
    return (), False, "none 1"
