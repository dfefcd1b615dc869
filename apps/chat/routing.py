"""The addresses of sockets."""

from channels.routing import URLRouter
from django.urls import path

from apps.chat.consumers import EncounterSocket, NotFoundSocket
from apps.chat.origin import SameOrigin

sockets = SameOrigin(
    URLRouter(
        [
            path("ws/encounters/<uuid:encounter_id>/", EncounterSocket.as_asgi()),
            path("<path:anything>", NotFoundSocket.as_asgi()),
        ]
    )
)
