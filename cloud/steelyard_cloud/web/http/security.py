"""HTTP headers and limits that hold for every answer: content security policy, no framing, no sniffing, bounded bodies.

Pages carry no inline script and no inline style, so the policy allows none. Plain ASGI, so that it also covers the
event stream without buffering it.
"""

import contextlib
import re
from collections.abc import Callable

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from steelyard_cloud.complaints import photos
from steelyard_cloud.web.http.problems import TooLarge

MAX_BODY_BYTES = 256 * 1024
MAX_FORM_WITH_PHOTO_BYTES = photos.MAX_BYTES + 64 * 1024
MAX_FILE_BYTES = 2 * 1024 * 1024
_WITH_FILE = re.compile("/(api/v1/)?enrolments/bulk")
_WITH_PHOTO = re.compile("/s/[^/]+/complaint")


def body_limit(scope: Scope) -> int:
    """How many bytes the request's body may have; only forms that carry a photo or a file of enrolments take more."""
    if scope["method"] == "POST" and _WITH_FILE.fullmatch(scope["path"]):
        return MAX_FILE_BYTES
    with_photo = scope["method"] == "POST" and _WITH_PHOTO.fullmatch(scope["path"])
    return MAX_FORM_WITH_PHOTO_BYTES if with_photo else MAX_BODY_BYTES


CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)

HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


class Shield:
    """Adds `HEADERS` to every answer (and Strict-Transport-Security under https) and stops bodies over the limit.

    `too_large` makes the answer to a body over the limit, announced or not.
    """

    def __init__(self, app: ASGIApp, *, https: bool, too_large: Callable[[Scope], ASGIApp]) -> None:
        self.app, self.too_large = app, too_large
        self.headers = dict(HEADERS)
        if https:
            self.headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        read, over, started, limit = 0, False, False, body_limit(scope)
        state = scope.setdefault("state", {})

        async def bounded() -> Message:
            nonlocal read, over
            message = await receive()
            read += len(message.get("body", b""))
            if read > limit:
                over = True
                raise TooLarge(limit=limit)
            return message

        async def shielded(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                for name, value in self.headers.items():
                    headers.setdefault(name, value)
                if cookie := state.get("cookie"):
                    headers.append("Set-Cookie", cookie)
                headers.setdefault("Cache-Control", "no-cache" if scope["path"].startswith("/static/") else "no-store")
            await send(message)

        async def unless_over(message: Message) -> None:
            # The framework makes a problem of its own out of a body that could not be read.
            if not over:
                await shielded(message)

        with contextlib.suppress(TooLarge):
            await self.app(scope, bounded, unless_over)
        if over and not started:
            await self.too_large(scope)(scope, receive, shielded)
