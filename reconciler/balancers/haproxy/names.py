"""What things are called inside HAProxy, and where our files lie in its container."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reconciler.balancers.haproxy.words import name
from reconciler.model.load_balancer import Certificate, Listener, TargetGroup
from reconciler.model.routing import BalancerConfiguration, Color

FOLDER = "/etc/reconciler"
"""Where a balancer's volume is mounted."""
FILE = f"{FOLDER}/haproxy.cfg"
MASTER_PORT = 9998
MASTER = f"127.0.0.1:{MASTER_PORT}"
"""The master process's socket: it is the container's own 127.0.0.1, so that no other container reaches it."""
COMMAND = ("haproxy", "-W", "-db", "-S", MASTER, "-f", FILE)
FULL_WEIGHT = 100

_GROUP = re.compile(r"[a-z0-9-]{1,127}")
_TASK = re.compile(r"[0-9a-f-]{1,64}")
_OPEN = "-open"


def group_name(group: TargetGroup) -> str:
    """Return a target group's name, which is checked: no two become the same variable."""
    if not _GROUP.fullmatch(group.name):
        raise ValueError(f"{group.name!r} is no name of a target group: `a` to `z`, digits and `-` only")
    return group.name


def pool(group: TargetGroup, color: Color) -> str:
    """Return the backend of a pool: `web-green`."""
    return f"{group_name(group)}-{color.value}"


def open_pool(group: TargetGroup, color: Color) -> str:
    """Return the backend that gets a pool's requests while none of its targets is well (ELB: fail-open)."""
    return pool(group, color) + _OPEN


def share(group: TargetGroup, *, is_test: bool) -> str:
    """Return the process's variable that holds how many thousandths the green pool gets."""
    return f"proc.{'test' if is_test else 'green'}_{group_name(group).replace('-', '_')}"


def server(task_id: str) -> str:
    """Return the server of a target, which is checked."""
    if not _TASK.fullmatch(task_id):
        raise ValueError(f"{task_id!r} is no id of a task")
    return task_id


def certificate_file(listener: Listener, index: int, certificate: Certificate) -> str:
    """Return the name of a certificate's file below `certs`; other content has another name."""
    digest = re.sub(r"[^0-9a-f]", "", certificate.digest.rpartition(":")[2].lower())[:8] or "0"
    return f"{name(listener.name)}-{index}-{digest}.pem"


def certificates(configuration: BalancerConfiguration) -> Iterator[tuple[str, Certificate]]:
    """Yield the name of each certificate's file, and the certificate."""
    for listener in configuration.listeners:
        for index, certificate in enumerate(listener.certificates):
            yield certificate_file(listener, index, certificate), certificate
