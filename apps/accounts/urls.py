"""Addresses of joining and of an organisation's people."""

from django.urls import include, path

from apps.accounts import views

pages = [
    path("organisation/", views.organisation, name="organisation"),
    path("organisation/join-link/", views.open_join_link, name="open_join_link"),
    path("organisation/remote-engine/", views.remote_engine, name="remote_engine"),
    path("practice/outside/", views.remote_consent, name="remote_consent"),
    path("accounts/invitation/<str:token>/", views.invitation, name="invitation"),
    path("accounts/join/<str:token>/", views.join, name="join"),
]

urlpatterns = [
    path("start/", views.start, name="start"),
    path("", include((pages, "accounts"))),
]
