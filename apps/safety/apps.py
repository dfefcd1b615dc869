"""Registers the app with Django."""

from django.apps import AppConfig


class SafetyConfig(AppConfig):
    name = "apps.safety"
    label = "safety"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from apps.safety import checks  # noqa: F401  (registers checks once apps are loaded)
