"""The demo's worker: each INTERVAL seconds asks TARGET (host:port) over HTTP and logs the answer. Ends on SIGTERM.

Looks the name up each time, so it finds whichever tasks answer by then.
"""

import os
import signal
import socket
import sys
import time
from types import FrameType

TARGET = os.environ.get("TARGET", "web:8080")
INTERVAL = float(os.environ.get("INTERVAL", "2"))


def ask(host: str, port: int) -> str:
    with socket.create_connection((host, port), timeout=2) as connection:
        connection.sendall(f"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        answer = b""
        while received := connection.recv(4096):
            answer += received
    return answer.partition(b"\r\n\r\n")[2].decode().strip()


def stop(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(0)


def main() -> None:
    signal.signal(signal.SIGTERM, stop)
    host, _, port = TARGET.rpartition(":")
    while True:
        try:
            print(f"{TARGET} says: {ask(host, int(port))}", flush=True)
        except OSError as failure:
            print(f"{TARGET} does not answer: {failure}", flush=True)
        time.sleep(INTERVAL)


main()
