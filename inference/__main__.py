"""python -m inference: the worker and its models, from the command line. Each command is a file of `commands/`."""

import sys

from inference.commands import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
