"""How good an adapter is at wording replies: its own replies in talks nobody trained on, read by suites and by people.

A Speaker words replies to contexts out of held-out dialogues; heads, detectors and rules read them; each file of
`suites/` makes figures of what was read. What the product says with these weights is measured, candidates and judge
included. Figures with a meaning for safety are held by the registry's gate.
"""
