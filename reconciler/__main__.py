"""`python -m reconciler` is the `reconciler` command: takes SIGTERM before anything that takes long is imported."""

import signal
import sys
from typing import NoReturn

from reconciler.cli.stopping import stop_at_once
from reconciler.errors import StoppedBySignalError


def main() -> NoReturn:
    """Run the command and exit with its code."""
    signal.signal(signal.SIGTERM, stop_at_once)
    try:
        from reconciler.cli.main import main as begin

        begin()
    except StoppedBySignalError as stopped:
        sys.exit(stopped.exit_code)


if __name__ == "__main__":
    main()
