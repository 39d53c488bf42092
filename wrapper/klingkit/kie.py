"""The kie.ai API (documents 000, 002, 003): `Kie` and the requests it takes.

Each request is what its document says: wrong types, lengths and choices are refused with a `ValueError` that names
field, limit and value, when it is made and when it is changed. `Job` is the unchecked way to any other model.
"""

from klingkit._models import Job
from klingkit.providers.kie import Kie, KieRequest
from klingkit_api.kie.models import Kling21Pro, Kling25TurboPro, Kling26TextToVideo

__all__ = ["Job", "Kie", "KieRequest", "Kling21Pro", "Kling25TurboPro", "Kling26TextToVideo"]
