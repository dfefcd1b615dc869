"""What is seen in words before a policy decides: the crisis screen, its lexicons, and checks on a persona's wording.

`screen` and `wording` need the standard library alone, so that the web process can run them. Nothing here decides.
"""
