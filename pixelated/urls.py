"""Every address of the product."""

from allauth.account import views as allauth_views
from django.db import transaction
from django.urls import include, path
from django.views.generic import RedirectView

from apps.core import views as core
from apps.core.for_everyone import for_everyone
from apps.safety import views as safety

handler500 = "apps.core.middleware.failed"

urlpatterns = [
    path("", core.home, name="home"),
    path("help-now", safety.help_now, name="help_now"),
    path("help-now/", for_everyone(RedirectView.as_view(pattern_name="help_now", permanent=True))),
    path("health/live", core.live, name="live"),
    path("health/ready", core.ready, name="ready"),
    path("metrics", core.metrics, name="metrics"),
    path("", include("apps.accounts.urls")),
    # One transaction: whoever may not join after all leaves no account behind.
    path("accounts/signup/", transaction.atomic(allauth_views.signup), name="account_signup"),
    path("accounts/", include("allauth.urls")),
    path("practice/", include("apps.practice.urls")),
    path("", include("apps.oversight.urls")),
    path("", include("apps.api.urls")),
]
