"""The machine that figures were measured on, without its name."""

from __future__ import annotations

import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.peers import COMPOSE
from reconciler import __version__
from reconciler.drivers.docker.client import Client


def machine(client: Client) -> tuple[tuple[str, str], ...]:
    """Return what is to be known of it, as (name, value)."""
    engine = client.get("/version")
    compose = subprocess.run((COMPOSE, "version", "--short"), capture_output=True, text=True, check=True)
    return (
        ("date", datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")),
        ("CPU", f"{_processor()}, {os.cpu_count()} cores"),
        ("memory", f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.1f} GiB"),
        ("kernel", f"{platform.system()} {platform.release()} {platform.machine()}"),
        ("engine", f"Docker {engine['Version']} (API {engine['ApiVersion']})"),
        ("Docker Compose", compose.stdout.strip()),
        ("Python", platform.python_version()),
        ("reconciler", __version__),
        ("load average before", f"{os.getloadavg()[0]:.2f}"),
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or "unknown")
