"""Addresses of the API, and of the pages about it."""

from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt

from apps.api import views
from apps.api.errors import NotThereError
from apps.api.middleware import error_response
from apps.api.service import api


@csrf_exempt
def nothing(request: HttpRequest, rest: str) -> HttpResponse:
    """Whatever else is asked for under the API's address: an error in its shape."""
    return error_response(NotThereError())


pages = [
    path("organisation/api-keys/", views.keys, name="keys"),
    path("organisation/api-keys/<uuid:pk>/revoke/", views.revoke, name="revoke"),
    path("organisation/api-flags/", views.flags, name="flags"),
    path("organisation/api-flags/<uuid:pk>/seen/", views.seen, name="seen"),
    path("api/", views.documentation, name="documentation"),
]

urlpatterns = [
    path("", include((pages, "api"))),
    path("api/v1/", api.urls),
    path("api/v1/<path:rest>", nothing),
]
