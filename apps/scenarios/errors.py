"""Errors of scenarios.

ScenarioError
├── CaseFormatError      a case file cannot be read as a case; lists every problem with file, line and key
└── UnknownCaseError     no case of that slug in the library
"""

from __future__ import annotations

from collections.abc import Sequence


class ScenarioError(Exception):
    """Anything wrong with an authored client."""

    code = "scenario"
    retryable = False


class CaseFormatError(ScenarioError):
    """`problems` are sentences like `marcus-bell.toml:57: lines[12].act: "x" is not an act`, in file order."""

    code = "case_format"

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


class UnknownCaseError(ScenarioError):
    """The message names close matches and the command that lists the library."""

    code = "unknown_case"
