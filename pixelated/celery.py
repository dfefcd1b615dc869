"""Celery's application. Tasks carry ids only; each is idempotent and finds its work in the database."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pixelated.settings")

app = Celery("pixelated")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
