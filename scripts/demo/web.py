"""The demo's web server: greets with its version and host name on /, says "ok" on /health.

GREETING is the greeting, PORT the port, VERSION comes from the image. Ends at once on SIGTERM, requests in progress
excepted. Sockets only: the image's small Python has no http package.
"""

import os
import signal
import socket
import sys
import threading
from pathlib import Path
from types import FrameType

GREETING = os.environ.get("GREETING", "Hello")
PORT = int(os.environ.get("PORT", "8080"))
VERSION = os.environ.get("VERSION", "0")
SECRETS = Path("/run/secrets")

PAGES = {
    "/": f"{GREETING} from version {VERSION} on {socket.gethostname()}\n",
    "/health": "ok\n",
}


def answer(path: str) -> bytes:
    status, body = ("200 OK", PAGES[path]) if path in PAGES else ("404 Not Found", "not found\n")
    content = body.encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {len(content)}\r\n"
    return head.encode() + b"Connection: close\r\n\r\n" + content


def serve(connection: socket.socket) -> None:
    connection.settimeout(2)
    with connection:
        try:
            request = b""
            while b"\r\n\r\n" not in request and (received := connection.recv(4096)):
                request += received
            words = request.decode("latin-1").split(maxsplit=2)
            connection.sendall(answer(words[1] if len(words) > 1 else ""))
        except OSError:
            pass  # the client has gone or is too slow: nobody is left to tell


def stop(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(0)


def listen() -> socket.socket:
    if socket.has_dualstack_ipv6():  # "localhost" may be ::1
        return socket.create_server(("", PORT), family=socket.AF_INET6, backlog=512, dualstack_ipv6=True)
    return socket.create_server(("", PORT), backlog=512)


def main() -> None:
    signal.signal(signal.SIGTERM, stop)
    secrets = sorted(file.name for file in SECRETS.glob("*"))
    with listen() as server:
        print(f"version {VERSION} listens on {PORT}; secrets: {', '.join(secrets) or 'none'}", flush=True)
        while True:
            connection, _ = server.accept()
            threading.Thread(target=serve, args=(connection,)).start()


main()
