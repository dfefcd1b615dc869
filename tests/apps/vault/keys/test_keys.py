"""Which root key is used is a setting that names a module."""

import pytest
from pytest_django import Settings

from apps.vault.errors import KeyServiceError
from apps.vault.keys import provider_names, root_key
from apps.vault.keys.local_file import LocalFile


def test_each_module_is_a_provider() -> None:
    assert provider_names() == ("environment", "local_file")


def test_the_setting_names_the_provider(settings: Settings) -> None:
    settings.ROOT_KEY_PROVIDER = "local_file"

    assert isinstance(root_key(), LocalFile)


def test_a_key_is_unwrapped_where_it_was_wrapped_whatever_the_setting(settings: Settings) -> None:
    settings.ROOT_KEY_PROVIDER = "environment"

    assert isinstance(root_key("local_file"), LocalFile)


@pytest.mark.parametrize("name", ["nowhere", "os", "../local_file", ""])
def test_an_unknown_provider_is_named_with_the_known_ones(settings: Settings, name: str) -> None:
    settings.ROOT_KEY_PROVIDER = name

    with pytest.raises(KeyServiceError, match="one of environment, local_file") as refused:
        root_key()

    assert refused.value.retryable
