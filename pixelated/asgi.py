"""The ASGI entry that Daphne serves: pages over HTTP, sessions over WebSocket."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pixelated.settings")
_pages = get_asgi_application()

from channels.routing import ProtocolTypeRouter  # noqa: E402  (apps must be loaded first)

from apps.chat.routing import sockets  # noqa: E402
from apps.chat.warm import warm_up  # noqa: E402
from apps.core.bodies import BodyLimit  # noqa: E402

warm_up()

application = ProtocolTypeRouter({"http": BodyLimit(_pages), "websocket": sockets})
