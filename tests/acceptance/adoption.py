"""The state is deleted in random situations: the plan adopts what runs, and is empty."""

from __future__ import annotations

from random import Random

from .figure import Counted, told
from .proxy import recording
from .site import Site, site


def adoption(count: int, seed: int = 1) -> Counted:
    """Lose the state so many times, each time after other things had happened to the stack."""
    random = Random(seed)
    found: list[str] = []
    with site() as place:
        place.command.apply()
        for number in range(count):
            where = f"seed {seed}, situation {number + 1}"
            found += told(where, _reach_a_situation(place, random))
            place.lose_state()
            found += told(where, _adopted(place))
    return Counted(count, tuple(found), f"after random changes, kills and earlier losses; seed {seed}")


def _reach_a_situation(place: Site, random: Random) -> list[str]:
    """Change the stack once or twice, the first time perhaps with a kill and a loss of the half-way state."""
    place.declare(place.declared.changed(random))
    if random.random() < 0.4:
        place.command.start_apply().kill_after(random.uniform(0.3, 2.0))
        if random.random() < 0.5 and place.command.state.exists():
            place.lose_state()
    place.command.apply()
    if random.random() < 0.5:
        place.declare(place.declared.changed(random))
        place.command.apply()
    return list(place.problems())


def _adopted(place: Site) -> list[str]:
    """Plan and apply without a state: nothing may change, on the engine or among the tasks."""
    tasks = place.task_ids()
    found = []
    with recording() as record:
        plan = place.through(record.address).plan(0, 1, 2)
        if plan.code != 0:
            found.append(f"the plan ended with {plan.code}: {plan.output}")
        place.through(record.address).apply()
        found += [f"adopting sent {request}" for request in record.changing]
    if place.task_ids() != tasks:
        found.append("the tasks are not the same after the adoption")
    return [*found, *place.problems()]
