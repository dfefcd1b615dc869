"""Every address of the product."""

from django.urls import include, path
from django.views.generic import RedirectView

from apps.core import views as core
from apps.safety import views as safety

urlpatterns = [
    path("", core.home, name="home"),
    path("help-now", safety.help_now, name="help_now"),
    path("help-now/", RedirectView.as_view(pattern_name="help_now", permanent=True)),
    path("health/live", core.live, name="live"),
    path("health/ready", core.ready, name="ready"),
    path("", include("apps.accounts.urls")),
    path("accounts/", include("allauth.urls")),
    path("practice/", include("apps.practice.urls")),
]
