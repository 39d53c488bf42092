"""Receive callbacks in a web service: checked, confirmed with the API, and handled once.

    receiver = Receiver(client, handle, keys=[os.environ["WEBHOOK_SECRET"]])
    reply = receiver.handle(request.get_data(), request.headers, request.path)      # Flask; Django likewise

    app.mount("/kling", AsyncReceiver(client, handle, keys=[...]))                  # FastAPI, any ASGI framework

`handle` is given an event whose `task` is what the API itself said when asked. If it raises, the vendor is told so and
may deliver again; once it has returned, a repeated delivery is answered without calling it.
"""

from __future__ import annotations

from klingkit._events import Events
from klingkit.callbacks._receivers import AsyncReceiver, Receiver
from klingkit.callbacks._replies import Reply
from klingkit.callbacks._stores import AsyncStore, MemoryStore, Store
from klingkit.callbacks._urls import CallbackUrls

__all__ = ["AsyncReceiver", "AsyncStore", "CallbackUrls", "Events", "MemoryStore", "Receiver", "Reply", "Store"]
