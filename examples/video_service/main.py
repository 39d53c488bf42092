"""Run it: ``uvicorn examples.video_service.main:app``."""

import os
from pathlib import Path

from examples.video_service.service import create_app
from klingkit import AsyncClient
from klingkit.callbacks import CallbackUrls
from klingkit.kie import Kie

app = create_app(
    AsyncClient(Kie()),
    keys=[os.environ["KIE_WEBHOOK_KEY"]],
    urls=CallbackUrls(f"{os.environ['PUBLIC_URL']}/kling", os.environ["CALLBACK_SECRET"]),
    folder=Path(os.environ["VIDEO_FOLDER"]),
)
