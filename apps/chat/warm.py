"""Reads what every turn needs before the first person waits for it: lexicons, rules, vocabulary, fixed words."""

from apps.practice.table import rule_table
from apps.practice.tendencies import tendencies
from apps.safety.resources import help_lines
from inference import vocabulary
from inference.contracts import WordingLimits
from inference.insight.behaviour import code_turn
from inference.safety.screen import screen
from inference.safety.wording import wording_findings


def warm_up() -> None:
    """About half a second, once a process; nothing is kept but what those modules cache themselves."""
    greeting = "Good morning. What brings you here today?"
    screen(greeting)
    code_turn(greeting)
    wording_findings(greeting, limits=WordingLimits("Nobody"))
    for read in (rule_table, tendencies, help_lines, vocabulary.acts, vocabulary.plans, vocabulary.cues):
        read()
