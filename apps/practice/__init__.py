"""The difficult client: state, rules, planner, ledger, and practice sessions with them."""
