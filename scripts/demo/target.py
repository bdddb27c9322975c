"""A web server for tests of traffic: says who answered, and writes down every request that reached it.

Any path but /health answers `VERSION HOSTNAME SERVICE LENGTH`: LENGTH is that of the request's body, `-` stands for
what is not known; /slow and what lies below it answer after SLOW_SECONDS. /whoami adds how many requests have come.
Each request is logged twice, on stdout and, when LOG_FOLDER is set, in LOG_FOLDER/VERSION.HOSTNAME.SERVICE.log:

    1764338074.120331 began ID METHOD PATH
    1764338076.121040 ended ID METHOD PATH

ID is the request's X-Request-Id. HEALTH says what /health does: `ok`, `never`, or `fail_after:N` (well N times).

Ends at once on SIGTERM and waits for nobody: a task that is stopped before it is drained fails what is in progress.
Sockets only: the image's small Python has no http package.
"""

import os
import signal
import socket
import threading
import time
from io import BufferedReader
from pathlib import Path
from types import FrameType

PORT = int(os.environ.get("PORT", "8080"))
SLOW_SECONDS = float(os.environ.get("SLOW_SECONDS", "2"))
HEALTH, _, HEALTHY_TIMES = os.environ.get("HEALTH", "ok").partition(":")
HOST = socket.gethostname()
WHO = f"{os.environ.get('VERSION', '-')} {HOST} {os.environ.get('SERVICE', '-')}"
IDLE_SECONDS = 300  # longer than any proxy keeps an idle connection: it is never this side that closes one

lock = threading.Lock()
counts = {"all": 0, "health": 0}
logs = [1]


def count(what: str) -> int:
    with lock:
        counts[what] += 1
        return counts[what]


def log(word: str, request: str) -> None:
    line = f"{time.time():.6f} {word} {request}\n".encode()
    for file in logs:
        os.write(file, line)


def respond(path: str, length: int) -> tuple[str, str]:
    if path == "/health":
        times = count("health")
        well = HEALTH == "ok" or (HEALTH == "fail_after" and times <= int(HEALTHY_TIMES))
        return ("200 OK", "ok\n") if well else ("503 Service Unavailable", "not well\n")
    if path == "/whoami":
        return "200 OK", f"{WHO} {counts['all']}\n"
    if path == "/slow" or path.endswith("/slow"):
        time.sleep(SLOW_SECONDS)
    return "200 OK", f"{WHO} {length}\n"


def read_head(stream: BufferedReader) -> tuple[list[str], dict[str, str]]:
    """Read up to the empty line: the words of the request line, which are none at the end, and the headers."""
    words = stream.readline().decode("latin-1").split()
    headers: dict[str, str] = {}
    while words and (line := stream.readline().strip()):
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.lower()] = value.strip()
    return words, headers


def exchange(connection: socket.socket, stream: BufferedReader) -> bool:
    """Answer one request; tells whether another one may follow."""
    words, headers = read_head(stream)
    if len(words) != 3:
        return False
    count("all")
    method, target, protocol = words
    request = f"{headers.get('x-request-id', '-')} {method} {target}"
    log("began", request)
    length = len(stream.read(int(headers.get("content-length", 0))))
    status, body = respond(target.partition("?")[0], length)
    keep = protocol == "HTTP/1.1" and headers.get("connection", "").lower() != "close"
    content = b"" if method == "HEAD" else body.encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\n"
    ending = "\r\n" if keep else "Connection: close\r\n\r\n"
    connection.sendall((head + ending).encode() + content)
    log("ended", request)
    return keep


def serve(connection: socket.socket) -> None:
    connection.settimeout(IDLE_SECONDS)
    try:
        with connection, connection.makefile("rb") as stream:
            while exchange(connection, stream):
                pass
    except OSError:
        pass  # the client has gone: nobody is left to tell


def stop(_signal: int, _frame: FrameType | None) -> None:
    os._exit(0)


def listen() -> socket.socket:
    if socket.has_dualstack_ipv6():
        return socket.create_server(("", PORT), family=socket.AF_INET6, backlog=512, dualstack_ipv6=True)
    return socket.create_server(("", PORT), backlog=512)


def main() -> None:
    signal.signal(signal.SIGTERM, stop)
    if folder := os.environ.get("LOG_FOLDER"):
        path = Path(folder) / f"{WHO.replace(' ', '.')}.log"
        logs.append(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644))
    with listen() as server:
        while True:
            connection, _ = server.accept()
            threading.Thread(target=serve, args=(connection,), daemon=True).start()


main()
