"""A small service that sells videos: order one, query its state, fetch the file."""

import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
from fastapi import FastAPI, HTTPException
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field

from examples.video_service.orders import Orders, Video
from klingkit import AsyncClient, CallbackEvent, InvalidRequest, KlingkitError, SubmissionUncertain, Task
from klingkit.callbacks import AsyncReceiver, CallbackUrls
from klingkit.kie import Kling25TurboPro

LOG = logging.getLogger("video_service")

OF_CUSTOMERS = {"prompt", "aspect_ratio"}
"""The fields of a request that customers decide; an error about another may show a callback URL with its proof."""


class Order(BaseModel):
    """A customer's order."""

    prompt: str = Field(max_length=2500)
    portrait: bool = False


class Studio:
    """Orders videos from the vendor, and stores them.

    Args:
        client: Submits the tasks and downloads the videos.
        urls: Makes a callback URL for each order.
        folder: Where orders and videos are kept.
    """

    def __init__(self, client: AsyncClient[Any], urls: CallbackUrls, folder: Path) -> None:
        self.client, self.urls, self.folder = client, urls, folder
        self.orders = Orders(folder / "orders.db")
        self._storing = anyio.Lock()

    async def order(self, new: Order) -> str:
        """Pay for a video. An order that has cost nothing is not kept."""
        video_id = self.orders.add()
        try:
            request = Kling25TurboPro(prompt=new.prompt, aspect_ratio="9:16" if new.portrait else "16:9")
            ref = await self.client.submit(request, callback_url=self.urls.url(video_id))
        except SubmissionUncertain:
            LOG.exception(
                "order %s may have been paid for: wait for its callback, or look at the vendor's list", video_id
            )
        except KlingkitError:
            self.orders.drop(video_id)
            raise
        else:
            self.orders.made(video_id, ref)
        return video_id

    async def on_callback(self, event: CallbackEvent) -> None:
        """Handle a callback, which the receiver has confirmed by a query."""
        if event.name:
            self.orders.made(event.name, event.ref)
            await self.store(event.name, event.task)

    async def store(self, video_id: str, task: Task) -> None:
        """Store the video of a finished task, because its URL expires; or the reason of a failed one."""
        async with self._storing:
            known = self.orders.get(video_id)
            if known is None or known.status != "making":
                return
            if task.status == "succeeded" and not task.videos:
                LOG.error("order %s was paid for, and task %s has no video", video_id, task.ref)
                self.orders.end(video_id, "failed", "no video was made")
            elif task.status == "succeeded":
                await self.client.download(task, self.path(video_id))
                self.orders.end(video_id, "ready")
            elif task.status == "failed":
                self.orders.end(video_id, "failed", task.failure.message if task.failure else None)

    async def poll(self, pause: float) -> None:
        """Query all unfinished tasks, over and over: callbacks get lost, and processes end."""
        while True:
            for video_id, ref in self.orders.making():
                try:
                    await self.store(video_id, await self.client.get(ref))
                except KlingkitError:
                    LOG.exception("order %s could not be updated; it is tried again", video_id)
            await anyio.sleep(pause)

    def path(self, video_id: str) -> Path:
        """Return where an order's video is, or will be."""
        return self.folder / f"{video_id}.mp4"

    async def close(self) -> None:
        """Close the client and the orders."""
        await self.client.close()
        self.orders.close()


def create_app(
    client: AsyncClient[Any], *, keys: Sequence[str], urls: CallbackUrls, folder: Path, pause: float = 60.0
) -> FastAPI:
    """Make the service.

    Args:
        client: Submits the tasks and downloads the videos.
        keys: The keys that callbacks are signed with.
        urls: Makes a callback URL for each order, below `/kling` of this service.
        folder: Where orders and videos are kept.
        pause: Seconds between two queries of the unfinished tasks.
    """
    studio = Studio(client, urls, folder)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncGenerator[None]:
        async with anyio.create_task_group() as group:
            group.start_soon(studio.poll, pause)
            yield
            group.cancel_scope.cancel()
        await studio.close()

    app = FastAPI(lifespan=lifespan)
    AsyncReceiver(client, studio.on_callback, keys=keys, urls=urls).mount(app, "/kling")

    @app.post("/videos", status_code=202)
    async def order(new: Order) -> Video:
        try:
            return await show(await studio.order(new))
        except InvalidRequest as error:
            if error.field in OF_CUSTOMERS:
                raise HTTPException(422, f"{error.field}: {error.limit}") from error
            raise HTTPException(422, "this order is refused, and nothing was paid") from error
        except KlingkitError as error:
            again = ", try again later" if error.again == "pay" else ""
            raise HTTPException(503 if again else 502, f"no video was ordered, and nothing paid{again}") from error

    @app.get("/videos/{video_id}")
    async def show(video_id: str) -> Video:
        if video := studio.orders.get(video_id):
            return video
        raise HTTPException(404, "no such video")

    @app.get("/videos/{video_id}/file")
    async def file(video_id: str) -> FileResponse:
        if (await show(video_id)).status == "ready":
            return FileResponse(studio.path(video_id), media_type="video/mp4")
        raise HTTPException(404, "not ready")

    return app
