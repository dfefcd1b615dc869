"""System checks: what must not reach production. Each message says how to mend it."""

from collections.abc import Iterable

from django.conf import settings
from django.core.checks import Error, register


@register(deploy=True)
def production_keeps_development_out(app_configs: object, **kwargs: object) -> Iterable[Error]:
    """Refuses demo data and DEBUG where PIXELATED_ENV=production."""
    if not settings.PRODUCTION:
        return []
    found = []
    if settings.DEBUG:
        found.append(Error("DEBUG is on in production. Unset PIXELATED_DEBUG.", id="pixelated.E001"))
    if settings.DEMO_ALLOWED:
        found.append(Error("Demo data is allowed in production. Unset PIXELATED_DEMO.", id="pixelated.E002"))
    return found
