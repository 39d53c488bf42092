"""The kie.ai API (documents 000, 002, 003): `Kie` and the requests it takes.

Each request checks the limits of its document: a wrong type, length or choice raises a `ValueError` that names field,
limit and value, on construction and on assignment. `Job` sends any other model or parameter, unchecked.
"""

from klingkit._models import Job
from klingkit.providers.kie import Kie, KieRequest
from klingkit_api.kie.models import Kling21Pro, Kling25TurboPro, Kling26TextToVideo

__all__ = ["Job", "Kie", "KieRequest", "Kling21Pro", "Kling25TurboPro", "Kling26TextToVideo"]
