"""An app behind a real port, in a thread of the test's process."""

from __future__ import annotations

import threading
import time

import uvicorn
from starlette.types import ASGIApp

from largesse.web.serving import configured, listen


class Server:
    """An app behind a real port, in a thread of this process."""

    def __init__(self, app: ASGIApp, host: str = "127.0.0.1", port: int = 0) -> None:
        self.socket = listen(host, port)
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        self._server = uvicorn.Server(configured(app))
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self.socket]})
        self._thread.start()
        deadline = time.monotonic() + 30
        while not self._server.started:
            assert self._thread.is_alive() and time.monotonic() < deadline, "the server did not start"
            time.sleep(0.01)

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join()
        self.socket.close()
