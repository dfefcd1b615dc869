"""The commands of `python -m inference`, one file each: `NAME`, `add_arguments(parser)` and `run(arguments)`.

Only the command asked for is imported in full by what it runs, so that `models list` starts without torch.
"""

import argparse
import importlib
import pkgutil
import sys
from collections.abc import Sequence

from inference.errors import InferenceError


def main(words: Sequence[str]) -> int:
    """The exit status: 0, or 1 with a sentence on stderr when a command failed for a reason we know."""
    parser = argparse.ArgumentParser(prog="python -m inference", description="The inference worker.")
    names = parser.add_subparsers(dest="command", required=True)
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda each: each.name):
        command = importlib.import_module(f"{__name__}.{module.name}")
        own = names.add_parser(
            command.NAME, help=command.__doc__.splitlines()[0], description=command.__doc__
        )
        command.add_arguments(own)
        own.set_defaults(run=command.run)
    arguments = parser.parse_args(words)
    try:
        return arguments.run(arguments)
    except (InferenceError, ValueError) as error:
        print(f"inference {arguments.command}: {error}", file=sys.stderr)
        return 1
