"""What is told of an autoscaling: each change of the count, and each decision against one, once.

Source: AAS scaling activities with their NotScaledReasons; the words of its service events.
"""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.model.beside import ScalingActivity
from reconciler.model.notification import EventKind, EventName
from reconciler.model.state import State
from reconciler.scheduler.history import Told, with_events
from reconciler.scheduler.scaling.opinion import MISSING_DATA

ACTIVITIES_KEPT = 100
"""Activities kept of each autoscaling."""

TOLD_AGAIN_SECONDS = 3600.0
"""So often it is told at most that a policy has no value for another cause than before: causes may alternate."""


def with_activity(state: State, activity: ScalingActivity, cause: str = "") -> State:
    """Tell of an activity; the same State when its policy said the same before. A change is an event too."""
    mine = [each for each in state.activities if each.autoscaling == activity.autoscaling]
    if activity.not_scaled_reason and _is_told(activity, mine):
        return state
    number = state.activities[-1].number + 1 if state.activities else 1
    numbered = activity.changed(number=number)
    spare = {each.number for each in mine[: max(0, len(mine) + 1 - ACTIVITIES_KEPT)]}
    state = state.changed(activities=(*(each for each in state.activities if each.number not in spare), numbered))
    if activity.not_scaled_reason or activity.before == activity.after:
        return state
    message = f"Successfully set desired count to {activity.after}. Cause: {cause}"
    told = Told(activity.service, message, EventKind.SCALING, EventName.DESIRED_COUNT_UPDATED, activity.policy)
    return with_events(state, [told], activity.at)


def _is_told(activity: ScalingActivity, mine: Sequence[ScalingActivity]) -> bool:
    last = next((each for each in reversed(mine) if each.policy == activity.policy), None)
    if last is None or last.not_scaled_reason == activity.not_scaled_reason:
        return last is not None
    are_both = all(each.not_scaled_reason.startswith(MISSING_DATA) for each in (last, activity))
    return are_both and 0 <= activity.at - last.at < TOLD_AGAIN_SECONDS
