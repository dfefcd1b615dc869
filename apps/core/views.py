"""The front page, health, and the figures of this process."""

import hmac

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from apps.core.for_everyone import for_everyone
from apps.core.health import readiness
from apps.core.metrics import registry

RETRY_AFTER_S = 2


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Says what this is; people who are signed in go to their work."""
    if request.user.is_authenticated:
        return redirect(settings.LOGIN_REDIRECT_URL)
    return render(request, "home.html", {"demo": settings.DEMO_ALLOWED})


@require_safe
@never_cache
@for_everyone
def live(request: HttpRequest) -> JsonResponse:
    """200 while the process answers at all."""
    return JsonResponse({"status": "live"})


@require_safe
@never_cache
@for_everyone
def ready(request: HttpRequest) -> JsonResponse:
    """200 when a turn could be taken and stored, else 503."""
    state = readiness()
    body = {
        "status": "ready" if state.ready else "unavailable",
        "database": state.database,
        "degraded": state.degraded,
    }
    response = JsonResponse(body, status=200 if state.ready else 503)
    if not state.ready:
        response["Retry-After"] = str(RETRY_AFTER_S)
    return response


@require_safe
@never_cache
@for_everyone
def metrics(request: HttpRequest) -> HttpResponse:
    """Counts and times, for whoever sends the secret; for anybody else there is no such page."""
    sent = request.headers.get("Authorization", "").encode()
    if not settings.METRICS_SECRET or not hmac.compare_digest(
        sent, f"Bearer {settings.METRICS_SECRET}".encode()
    ):
        raise Http404
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
