"""Addresses of oversight."""

from django.urls import path

from apps.oversight import views

app_name = "oversight"
urlpatterns = [
    path("models/", views.models, name="models"),
    path("models/<slug:slug>/promote/", views.promote, name="promote"),
    path("models/<slug:slug>/roll-back/", views.roll_back, name="roll_back"),
]
