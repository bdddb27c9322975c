"""The line that a balancer writes for each request, and what is learnt of many: the 95th percentile of latency."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping

FORMAT = r"access\ %ci:%cp\ [%tr]\ %f\ %b/%s\ %ST\ %Ta\ %B\ %{+Q}r"
"""Client, time, listener, pool and server, status, milliseconds from the request's first byte to the answer's last,
bytes, and the request line: what comes from outside comes last."""

_LINE = re.compile(r"access \S+ \[[^]]*\] \S+ ([^\s/]+?)(?:-open)?/\S+ \d+ (\d+) ")


def latencies_p95(lines: Iterable[str]) -> Mapping[str, float]:
    """Return the 95th percentile of each pool's latencies in seconds, by the pool's name (nearest rank)."""
    found: dict[str, list[int]] = defaultdict(list)
    for line in lines:
        if match := _LINE.search(line):
            found[match[1]].append(int(match[2]))
    return {pool: sorted(times)[-(-95 * len(times) // 100) - 1] / 1000 for pool, times in sorted(found.items())}
