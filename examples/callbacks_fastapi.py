"""Kling callbacks in FastAPI, at `/kling` and at `/kling/` (Starlette mounts a receiver in the same way)."""

import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from klingkit import AsyncClient, CallbackEvent
from klingkit.callbacks import AsyncReceiver
from klingkit.kie import Kie

client = AsyncClient(Kie())


async def ended(event: CallbackEvent) -> None:
    """Download a finished video; `event.task` is kie.ai's response to a query, not the callback's content."""
    if event.task.status == "succeeded":
        await client.download(event.task, f"{event.ref.id}.mp4")


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncGenerator[None]:
    """Close the client with the service."""
    yield
    await client.close()


app = FastAPI(lifespan=lifespan)
AsyncReceiver(client, ended, keys=[os.environ["KIE_WEBHOOK_KEY"]]).mount(app, "/kling")
