"""One watched page: everything that it says, fails to get, or asks of strangers is noted."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Response

PATIENCE_MS = 120_000  # software rendering on a busy machine

# What is said of Chromium's or of a viewer's own workings, and would be said of any tree: parts of a line in the
# console with the address that it names, or of an address that failed.
OWN_AFFAIRS = (
    "GPU stall due to ReadPixels",  # Chromium, on the speed of a software GPU
    "Accessing element.ref was removed in React 19",  # Mirador 4, as the next two
    "The result function returned its own inputs without modification",
    "WebGL cannot be used to draw this TiledImage because it has tainted data",
    "Ignoring tile %s loaded before reset",  # OpenSeadragon 5 in Mirador, of a canvas that was left meanwhile
    "Tabs is changing from uncontrolled to controlled",  # Clover 3.3, of its own panel
    "rAF timed out in updateSource",  # model-viewer 4.4, on the speed of a software GPU
    "/images/data:image/gif;base64,",  # Universal Viewer 4.4, an address in its own style sheet, on its own host
)


class Visit:
    """A page in a context of its own. ``said``, ``failed`` and ``outside`` stay empty on a good page."""

    def __init__(self, browser: Browser, address: str, *, allowed: str = "", **options: Any) -> None:
        options.setdefault("viewport", {"width": 1280, "height": 800})
        options.setdefault("locale", "en-GB")
        self.allowed = allowed or address.partition("#")[0]
        self.said: list[str] = []
        self.failed: list[str] = []
        self.outside: list[str] = []
        self.requested: list[str] = []
        self._context = browser.new_context(**options)
        self.page: Page = self._context.new_page()
        self.page.set_default_timeout(PATIENCE_MS)
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.said.append(f"exception: {error}"))
        self.page.on("request", self._request)
        self.page.on("requestfailed", self._request_failed)
        self.page.on("response", self._response)
        self.page.goto(address)

    def _console(self, message: ConsoleMessage) -> None:
        line = f"{message.type}: {message.text} ({message.location.get('url', '')})"
        if message.type in ("error", "warning") and not _own(line):
            self.said.append(line)

    def _request(self, request: Request) -> None:
        self.requested.append(request.url)
        if not request.url.startswith((self.allowed, "blob:", "data:")):
            self.outside.append(request.url)

    def _request_failed(self, request: Request) -> None:
        # Aborted requests are those of a page that was left.
        if request.failure != "net::ERR_ABORTED":
            self.failed.append(f"{request.url} ({request.failure})")

    def _response(self, response: Response) -> None:
        if response.status >= 400 and not _own(response.url):
            self.failed.append(f"{response.url} ({response.status})")

    def assert_clean(self) -> None:
        """No error or warning in the console, no failed request, no request to another host."""
        assert self.said == [], self.said
        assert self.failed == [], self.failed
        assert self.outside == [], self.outside

    def close(self) -> None:
        self._context.close()


def _own(line: str) -> bool:
    return any(own in line for own in OWN_AFFAIRS)
