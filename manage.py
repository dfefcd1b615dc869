#!/usr/bin/env python3
"""Django's command line, and `up`, which starts every process of the product."""

import os
import sys

from pixelated.environment import data_dir
from pixelated.supervise.surroundings import adopt_running_installation


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pixelated.settings")
    from django.core.management import execute_from_command_line  # settings must be named first

    if sys.argv[1:2] != ["up"]:
        adopt_running_installation(data_dir())
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
