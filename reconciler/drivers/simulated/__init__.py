"""An engine that exists only in memory and in virtual time. It serves the tests and the rollout preview.

It keeps the contract that the Docker driver keeps (tests/drivers/test_contract.py), but for what takes a machine:
what a container does is a Behaviour, chosen by the test or by the preview.
"""

from reconciler.drivers.simulated.behaviour import Behaviour, expected_behaviour
from reconciler.drivers.simulated.clock import VirtualClock
from reconciler.drivers.simulated.containers import SimulatedContainer
from reconciler.drivers.simulated.engine import SimulatedEngine
from reconciler.drivers.simulated.process import Lost
from reconciler.drivers.simulated.usage import Load

__all__ = ["Behaviour", "Load", "Lost", "SimulatedContainer", "SimulatedEngine", "VirtualClock", "expected_behaviour"]
