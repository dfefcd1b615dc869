"""The project: settings, addresses, the ASGI entry, Celery, and what starts the processes."""

from pixelated.celery import app as celery_app

__all__ = ["celery_app"]
