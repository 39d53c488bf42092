"""Kling callbacks in Django, signed by Standard Webhooks; two keys, as during a key rotation."""

import os

from django.http import HttpRequest, HttpResponse
from django.urls import re_path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from klingkit import CallbackEvent, Client
from klingkit.callbacks import Receiver
from klingkit.native import Native

client = Client(Native())
changes: list[str] = []


def changed(event: CallbackEvent) -> None:
    """Note each change of a task."""
    changes.append(f"{event.ref} {event.task.status}")


receiver = Receiver(client, changed, keys=[os.environ["WEBHOOK_KEY"], os.environ["WEBHOOK_KEY_BEFORE"]])


@csrf_exempt
@require_POST
def kling(request: HttpRequest) -> HttpResponse:
    """Receive a callback."""
    reply = receiver.handle(request.body, request.headers, request.path)
    return HttpResponse(reply.text, status=reply.status)


urlpatterns = [re_path(r"^kling/?$", kling)]  # Django would not redirect the POST from one to the other
