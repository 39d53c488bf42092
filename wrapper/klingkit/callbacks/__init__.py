"""Receive callbacks in a web service: check them, confirm them with the API, and handle each once.

    receiver = Receiver(client, handle, keys=[os.environ["WEBHOOK_SECRET"]])
    reply = receiver.handle(request.get_data(), request.headers, request.path)      # Flask; Django likewise

    AsyncReceiver(client, handle, keys=[...]).mount(app, "/kling")                  # FastAPI, Starlette

`handle` is called with an event whose `task` comes from a query of the API. If it raises, the reply asks the vendor to
deliver again. A delivery counts as handled once your handler returns: a repeated one is not handed to it.
"""

from __future__ import annotations

from klingkit._events import Events
from klingkit.callbacks._receivers import AsyncReceiver, Receiver
from klingkit.callbacks._replies import Reply
from klingkit.callbacks._stores import AsyncStore, MemoryStore, Store
from klingkit.callbacks._urls import CallbackUrls

__all__ = ["AsyncReceiver", "AsyncStore", "CallbackUrls", "Events", "MemoryStore", "Receiver", "Reply", "Store"]
