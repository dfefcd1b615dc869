"""Registers the app with Django."""

from django.apps import AppConfig


class VaultConfig(AppConfig):
    name = "apps.vault"
    label = "vault"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from apps.vault import checks  # noqa: F401  (registers checks once apps are loaded)
