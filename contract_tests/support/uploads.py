"""Files to upload, and responses of the vendor's upload host."""

from __future__ import annotations

from typing import Any

import httpx

PNG = b"\x89PNG\r\n\x1a\n" + bytes(24)
JPEG = b"\xff\xd8\xff\xe0" + bytes(24)
MP4 = b"\x00\x00\x00\x18ftypisom" + bytes(24)
FILE_URL = "https://files.example/klingkit/cat.png"
FILE_RECORD = {
    "fileId": "file_1",
    "fileName": "cat.png",
    "fileSize": 32,
    "mimeType": "image/png",
    "fileUrl": FILE_URL,
    "downloadUrl": "https://files.example/download/file_1",
    "expiresAt": "2026-09-23T10:30:00Z",
}


def uploaded_response(**fields: Any) -> httpx.Response:
    data = {name: value for name, value in {**FILE_RECORD, **fields}.items() if value is not None}
    return httpx.Response(200, json={"success": True, "code": 200, "msg": "ok", "data": data})


def rejected_response(code: int, status: int = 200, **headers: str) -> httpx.Response:
    return httpx.Response(status, json={"success": False, "code": code, "msg": "no"}, headers=headers)
