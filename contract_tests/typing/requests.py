"""Checked by docs/test_samples.py, never run: mypy and pyright report each line marked wrong, and no other."""

from typing import assert_type

from klingkit import (
    AsyncClient,
    CallbackEvent,
    Client,
    InvalidRequest,
    Status,
    Task,
    TaskFailed,
    TaskRef,
    UnclaimedTask,
    native,
    parse_callback,
    relay,
)
from klingkit.kie import Job, Kie, Kling21Pro, Kling25TurboPro, Kling26TextToVideo, Kling26TextToVideoAspectRatio
from klingkit.providers import Provider

Kling26TextToVideo(prompt="a cat", sound=True, aspect_ratio="16:9", duration="5")
Kling26TextToVideo(prompt="a cat", aspect_ratio="21:9")  # wrong
Kling26TextToVideo(prompt="a cat", duration=5)  # wrong
Kling26TextToVideo(prompt="a cat", duration="15")  # wrong
Kling26TextToVideo(prompt="a cat", sound="false")  # wrong
Kling26TextToVideo(prompt=None)  # wrong
Kling26TextToVideo()  # wrong
Kling26TextToVideo(prompt="a cat", cfg_scale=0.5)  # wrong
Kling21Pro(prompt="a boat", image_url="https://studio.example/boat.png", tail_image_url="", cfg_scale=0.5)
Kling21Pro(prompt="a boat")  # wrong
Kling21Pro(prompt="a boat", image_url="u", aspect_ratio="1:1")  # wrong
Kling25TurboPro(prompt="a garden", negative_prompt="blur", cfg_scale=1)
Kling25TurboPro(prompt="a garden", cfg_scale="0.5")  # wrong
Job("any/model", {"anything": 1})
Job({"anything": 1})  # wrong

request = Kling26TextToVideo(prompt="a cat")
request.aspect_ratio = "9:16"
request.aspect_ratio = "4:3"  # wrong

ratio: Kling26TextToVideoAspectRatio = "16:9"
ratio = "4:3"  # wrong
mode: native.Text2VideoMode = "pro"
mode = "fast"  # wrong
length: relay.Text2VideoDuration = 5
length = 7  # wrong


def unparametrized(
    client: Client, other: AsyncClient, api: Provider, failed: TaskFailed, invalid: InvalidRequest
) -> None:
    """A service need not say which requests its client takes."""
    assert_type(client.submit(Kling26TextToVideo(prompt="a cat", aspect_ratio=ratio)), TaskRef)
    assert_type(client.unclaimed, list[UnclaimedTask])
    assert_type(client.unclaimed[0].ref, TaskRef)
    assert_type((invalid.field, invalid.limit), tuple[str | None, str | None])
    assert_type(invalid.ref, TaskRef | None)
    failed.failure.raw["reason"]
    _ = failed.task.status  # wrong
    _ = other.submitt  # wrong
    _ = api.base_url + 1  # wrong


client = Client(Kie())
assert_type(client.submit(request), TaskRef)
assert_type(client.wait(client.submit(Job("m"))), Task)
assert_type(client.get(TaskRef.parse("kie:jobs:a")).status, Status)
client.submit({"prompt": "a cat"})  # wrong
client.submit("a cat")  # wrong
client.get("kie:jobs:a")  # wrong


async def use(other: AsyncClient[Kling21Pro]) -> None:
    """The async client takes and gives the same."""
    async with AsyncClient(Kie()) as client:
        assert_type(await client.generate(request), Task)
        async for task in client.watch(await client.submit(request)):
            assert_type(task, Task)
    await other.submit(request)  # wrong


camera = native.Camera(type="zoom", config=native.CameraConfig(value=-5))
first = native.Text2Video(model_name="kling-v1-6", mode="pro", prompt="a cat", duration=10, camera_control=camera)
native.Text2Video(model_name="kling-v1-6", prompt="a cat")  # wrong
native.Text2Video(model_name="kling-v1-6", mode="fast", prompt="a cat")  # wrong
native.Text2Video(model_name="kling-v9", mode="pro", prompt="a cat")  # wrong
native.Text2Video(model_name="kling-v1-6", mode="pro", prompt="a cat", duration="5")  # wrong
native.Text2Video(model_name="kling-v1-6", mode="pro", prompt="a cat", aspect_ratio="21:9")  # wrong
axes = relay.CameraConfig(horizontal=0, vertical=0, pan=1, tilt=0, roll=0, zoom=0)
second = relay.Text2Video(
    model_name="kling-v2-5-turbo", prompt="a cat", camera_control=relay.Camera(type="simple", config=axes)
)
relay.Text2Video(model_name="kling-v2-5-turbo", prompt="a cat", aspect_ratio="4:3")  # wrong
relay.Text2Video(model_name="kling-v2-5-turbo", prompt="a cat", camera_control=camera)  # wrong
relay.CameraConfig(horizontal=0)  # wrong

of_native = Client(native.Native(dialect="official"))
of_native.submit(first)
of_native.submit(second)  # wrong
of_native.submit(request)  # wrong
Client(relay.Relay()).submit(second)
native.Native(dialect="offical")  # wrong
assert_type(parse_callback("relay", b"", {}), CallbackEvent)
parse_callback("keling", b"", {})  # wrong
