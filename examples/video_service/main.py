"""Run it: ``uvicorn examples.video_service.main:app``."""

import os

from examples.video_service.service import create_app
from klingkit import AsyncClient
from klingkit.kie import Kie

app = create_app(AsyncClient(Kie()), [os.environ["KIE_WEBHOOK_KEY"]], os.environ["PUBLIC_URL"])
