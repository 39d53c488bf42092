"""A small service that makes videos: order one, be called back when it has ended, ask where it is."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, HTTPException
from pydantic import BaseModel, Field

from klingkit import AsyncClient, CallbackEvent, InvalidRequest, KlingkitError, Task
from klingkit.callbacks import AsyncReceiver
from klingkit.kie import Kling25TurboPro


class Order(BaseModel):
    """What a customer wants."""

    prompt: str = Field(max_length=2500)
    portrait: bool = False


class State(BaseModel):
    """What a customer is told."""

    id: str
    status: str = "queued"
    url: str | None = None
    reason: str | None = None


def told(task: Task) -> State:
    """Say of a task what a customer may know."""
    url = task.videos[0].url if task.videos else None
    return State(id=task.ref.id, status=task.status, url=url, reason=task.failure.message if task.failure else None)


def create_app(client: AsyncClient[Any], keys: Sequence[str], public_url: str) -> FastAPI:
    """Make the service.

    Args:
        client: Makes the videos.
        keys: What callbacks are signed with.
        public_url: Where the vendor reaches this service.
    """
    states: dict[str, State] = {}

    async def ended(event: CallbackEvent) -> None:
        states[event.ref.id] = told(event.task)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await client.close()

    app = FastAPI(lifespan=lifespan)
    app.mount("/kling", AsyncReceiver(client, ended, keys=keys))

    @app.post("/videos", status_code=202)
    async def order(wanted: Order) -> State:
        request = Kling25TurboPro(prompt=wanted.prompt, aspect_ratio="9:16" if wanted.portrait else "16:9")
        try:
            ref = await client.submit(request, callback_url=f"{public_url}/kling/")
        except InvalidRequest as error:
            raise HTTPException(422, str(error)) from error
        except KlingkitError as error:
            raise HTTPException(502, "no video could be ordered") from error
        return states.setdefault(ref.id, State(id=ref.id))

    @app.get("/videos/{video_id}")
    async def show(video_id: str) -> State:
        if video_id not in states:
            raise HTTPException(404, "no such video")
        return states[video_id]

    return app
