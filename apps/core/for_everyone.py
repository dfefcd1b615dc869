"""Marks pages that must open whatever else is down: nobody is asked who they are, so no session is read."""

from collections.abc import Callable

from django.http import HttpResponse

View = Callable[..., HttpResponse]


def for_everyone(view: View) -> View:
    """Directly above the view's `def`, below decorators that wrap it."""
    view.for_everyone = True
    return view


def is_for_everyone(view: View) -> bool:
    return getattr(view, "for_everyone", False)
