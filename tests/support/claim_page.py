"""The claim page in Chromium: built, served, opened, read as a person reads it."""

from __future__ import annotations

import contextlib
import functools
import json
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, Request, sync_playwright

from largesse.files import CHECKOUT

CHROMIUM = CHECKOUT / "node_modules" / ".chromium"
"""What tools/unpack_chromium.mjs unpacked; empty where the npm package has nothing for this machine."""
WAIT_MS = 30_000.0


def build(folder: Path, chains: dict[str, dict[str, str]]) -> Path:
    """The page in `folder`, for these chains."""
    config = folder.parent / f"{folder.name}.json"
    config.write_text(json.dumps(chains))
    subprocess.run([str(CHECKOUT / "claim-page" / "build"), str(folder), str(config)], check=True)
    return folder


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Nothing on the terminal."""


@contextlib.contextmanager
def served(folder: Path) -> Iterator[str]:
    """Its files at an address, as any web server has them."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """npm's Chromium, or the Chrome that is there."""
    with sync_playwright() as playwright:
        ours = CHROMIUM / "chromium"
        if ours.exists():
            browser = playwright.chromium.launch(
                executable_path=ours,
                args=["--headless=shell", "--no-sandbox", "--disable-gpu"],
                env={
                    "HOME": str(CHROMIUM),
                    "LD_LIBRARY_PATH": str(CHROMIUM / "al2023" / "lib"),
                    "FONTCONFIG_FILE": str(CHROMIUM / "fonts.conf"),
                },
            )
        else:
            browser = playwright.chromium.launch(channel="chrome")
        yield browser
        browser.close()


@dataclass
class Visit:
    """A browser on the page, with all that it asked for and what it complained of."""

    page: Page
    sent: list[Request] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.set_default_timeout(WAIT_MS)
        self.page.on("request", lambda request: self.sent.append(request))  # it wants a function
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("console", lambda one: self.faults.append(one.text) if "Error:" in one.text else None)

    def open(self, link: str) -> None:
        """Follow a link, anew, and wait until the page has said what it is, or why not."""
        self.page.goto("about:blank")
        self.page.goto(link)
        self.page.wait_for_function(_SETTLED)

    def text(self, name: str) -> str:
        """What an element says; "" where it is not to be seen."""
        shown = self.page.locator(f"#{name}")
        return shown.inner_text().strip() if shown.is_visible() else ""

    def press(self, name: str) -> None:
        self.page.locator(f"#{name}").click()

    def says(self, part: str) -> None:
        """Wait until the status says it."""
        self.page.locator("#status", has_text=part).wait_for()

    def done(self) -> str:
        """Wait until the gift is delivered; to whom."""
        self.page.locator("#done").wait_for()
        assert self.faults == []
        return self.text("holder")

    def claim_to(self, address: str) -> None:
        """Type an address, and ask for it there."""
        self.page.locator("#address").fill(address)
        self.page.locator("#typed button").click()

    def was_sent(self) -> str:
        """Addresses and bodies of all requests, one after the other."""
        return "\n".join(f"{one.url} {one.post_data or ''}" for one in self.sent)


_SETTLED = """() => {
  const shown = (id) => !document.getElementById(id).hidden;
  const status = document.getElementById("status");
  return shown("choose") || shown("named") || shown("again") || status.classList.contains("bad")
    || status.textContent.startsWith("It can be claimed");
}"""
