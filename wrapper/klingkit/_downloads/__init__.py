"""Download a finished video to a file that appears only when it is whole.

No key, cookie or password is sent to a media host. The sink writes files in the driver's thread, or in a worker thread.
"""

from klingkit._downloads._download import download, open_part, progress_callback

__all__ = ["download", "open_part", "progress_callback"]
