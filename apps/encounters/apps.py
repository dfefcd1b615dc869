"""Registers the app with Django."""

from django.apps import AppConfig


class EncountersConfig(AppConfig):
    name = "apps.encounters"
    label = "encounters"
    default_auto_field = "django.db.models.BigAutoField"
