"""System checks on the root key: production starts with a key made for it, or not at all."""

from collections.abc import Iterable
from pathlib import Path

from django.conf import settings
from django.core.checks import Error, register

from apps.vault.errors import KeyServiceError
from apps.vault.keys import root_key
from apps.vault.keys.local_file import DEVELOPMENT, read_key_file


@register()
def production_has_its_own_root_key(app_configs: object, **kwargs: object) -> Iterable[Error]:
    """Nothing to say in development; `--deploy` asks there what production will ask."""
    return root_key_problems() if settings.PRODUCTION else []


@register(deploy=True)
def deployment_has_its_own_root_key(app_configs: object, **kwargs: object) -> Iterable[Error]:
    return [] if settings.PRODUCTION else root_key_problems()


def root_key_problems() -> list[Error]:
    """What keeps the root key from being a production key, each with how to mend it."""
    try:
        if settings.ROOT_KEY_PROVIDER == "local_file":
            return _file_problems(Path(settings.ROOT_KEY_FILE))
        root_key()
    except KeyServiceError as problem:
        return [Error(str(problem), id="vault.E001")]
    return []


def _file_problems(path: Path) -> list[Error]:
    mend = "Make one with `manage.py root_key PATH`, away from the database, and set PIXELATED_ROOT_KEY_FILE."
    if path.resolve().is_relative_to(Path(settings.DATA_DIR).resolve()):
        return [Error(f"The root key lies in the data directory. {mend}", id="vault.E003")]
    if read_key_file(path).made_for == DEVELOPMENT:
        return [Error(f"The root key was made for development. {mend}", id="vault.E002")]
    return []
