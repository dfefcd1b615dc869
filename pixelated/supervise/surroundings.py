"""What an installation tells its processes: addresses and secrets, as environment variables; kept closed on disk.

`manage.py` in another terminal finds the running installation through the note left here.
"""

import json
import os
import secrets
import string
from collections.abc import Mapping
from pathlib import Path

from pixelated.supervise.errors import SuperviseError
from pixelated.supervise.private_files import is_claimed, private_folder, write_private

LOCK = "up.lock"
_NOTE = "running.json"
# Easy to read aloud and to type: no letter that looks like a digit.
_READABLE = "".join(sorted(set(string.ascii_lowercase + string.digits) - set("l1o0")))
_MADE_FOR_COMMANDS = (
    "DATABASE_URL",
    "DATABASE_OWNER_URL",
    "REDIS_URL",
    "INFERENCE_URL",
    "PIXELATED_DATA_DIR",
    "PIXELATED_ENGINE",
    "PIXELATED_ROOT_KEY_FILE",
    "PIXELATED_SECRET_KEY",
    "PIXELATED_WORKER_SECRET",
)


def starting_environment(data_dir: Path, *, engine: str) -> dict[str, str]:
    """Our own surroundings with what they leave open filled in; secrets are made once and read again later.

    Raises:
        SuperviseError: when an address is given without the one that belongs to it.
    """
    made = _secrets(private_folder(data_dir / "secrets") / "secrets.json")
    environment = {
        "PIXELATED_ENV": "development",
        "PIXELATED_ROOT_KEY_FILE": str(private_folder(data_dir / "keys") / "root.json"),
        "PIXELATED_SECRET_KEY": made["secret_key"],
        "PIXELATED_WORKER_SECRET": made["worker_secret"],
        "PIXELATED_DEMO_PASSWORD": made["demo_password"],
        "PYTHONUNBUFFERED": "1",
        **{name: value for name, value in os.environ.items() if value},
        "PIXELATED_DATA_DIR": str(data_dir),
        "PIXELATED_ENGINE": engine,
        "DJANGO_SETTINGS_MODULE": "pixelated.settings",
    }
    if "DATABASE_URL" in environment and "DATABASE_OWNER_URL" not in environment:
        raise SuperviseError(
            "DATABASE_URL is set and DATABASE_OWNER_URL is not: migrations run as the owner of the tables."
            " Set both; `manage.py database_roles` prints the roles to make."
        )
    if "INFERENCE_URL" in environment and "PIXELATED_WORKER_SECRET" not in os.environ:
        raise SuperviseError("INFERENCE_URL is set: set PIXELATED_WORKER_SECRET to that worker's secret too.")
    return environment


def _secrets(path: Path) -> dict[str, str]:
    if path.is_file():
        return json.loads(path.read_text())
    made = {
        "secret_key": secrets.token_urlsafe(48),
        "worker_secret": secrets.token_urlsafe(32),
        "demo_password": "-".join("".join(secrets.choice(_READABLE) for _ in range(4)) for _ in range(3)),
    }
    write_private(path, json.dumps(made, indent=1))
    return made


def leave_note(data_dir: Path, environment: Mapping[str, str]) -> None:
    """Tell later `manage.py` commands on the same data where everything is; closed to other people."""
    note = {name: environment[name] for name in _MADE_FOR_COMMANDS if name in environment}
    write_private(data_dir / _NOTE, json.dumps(note, indent=1))


def remove_note(data_dir: Path) -> None:
    (data_dir / _NOTE).unlink(missing_ok=True)


def adopt_running_installation(data_dir: Path) -> None:
    """Put the running installation's addresses into this process's environment, where it has none of its own."""
    note = data_dir / _NOTE
    if "DATABASE_URL" in os.environ or not note.is_file() or not is_claimed(data_dir / LOCK):
        return
    for name, value in json.loads(note.read_text()).items():
        os.environ.setdefault(name, value)
