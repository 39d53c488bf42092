"""Kling callbacks in Flask, from a relay that does not sign: each order has a callback URL that cannot be guessed."""

import os

from flask import Flask, request

from klingkit import CallbackEvent, Client, TaskRef
from klingkit.callbacks import CallbackUrls, Receiver
from klingkit.relay import Relay, Text2Video

client = Client(Relay())
urls = CallbackUrls("https://studio.example/kling", secret=os.environ["CALLBACK_SECRET"])
orders: dict[str, TaskRef] = {}
finished: dict[str, str] = {}


def order(number: str, prompt: str) -> TaskRef:
    """Pay for the video of an order."""
    video = Text2Video(model_name="kling-v2-5-turbo", prompt=prompt)
    orders[number] = client.submit(video, callback_url=urls.url(number))
    return orders[number]


def changed(event: CallbackEvent) -> None:
    """Note the URL of an order's video; `event.name` is the name that the callback URL was made for."""
    if event.name and event.task.videos:
        finished[event.name] = event.task.videos[0].url


receiver = Receiver(client, changed, urls=urls, find_ref=orders.get)
app = Flask(__name__)


@app.post("/kling/<_>", strict_slashes=False)  # with a slash at the end, too
def kling(_: str) -> tuple[str, int]:
    """Receive a callback."""
    reply = receiver.handle(request.get_data(), request.headers, request.path)
    return reply.text, reply.status
