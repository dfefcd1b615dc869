"""Addresses of practice."""

from django.urls import path

from apps.practice import views

app_name = "practice"
urlpatterns = [
    path("", views.library, name="library"),
    path("clients/<slug:slug>/", views.client, name="client"),
    path("clients/<slug:slug>/start/", views.start, name="start"),
    path("encounters/<uuid:pk>/", views.encounter, name="encounter"),
    path("encounters/<uuid:pk>/end/", views.end, name="end"),
    path("encounters/<uuid:pk>/transcript/", views.transcript, name="transcript"),
    path("sessions/", views.sessions, name="sessions"),
]
