"""The health checks of simulated targets: looking often and looking once see the same."""

from __future__ import annotations

from random import Random

from reconciler.drivers.simulated.checks import Check, Period
from reconciler.model.load_balancer import TargetHealthCheck
from reconciler.model.routing import CheckResult


def one_by_one(settings: TargetHealthCheck, answers: list[Period], checks: int) -> list[CheckResult]:
    """Return the verdict after each check, listed at 0: the plain way to say it."""
    result, against, verdicts = CheckResult.NONE, 0, []
    needed = {CheckResult.PASSED: settings.healthy_threshold, CheckResult.FAILED: settings.unhealthy_threshold}
    for number in range(1, checks + 1):
        at = number * settings.interval
        said = CheckResult.PASSED if any(begin <= at < end for begin, end in answers) else CheckResult.FAILED
        against = against + 1 if said is not result else 0
        if against and ((result, said) == (CheckResult.NONE, CheckResult.PASSED) or against >= needed[said]):
            result, against = said, 0
        verdicts.append(result)
    return verdicts


def test_a_verdict_is_that_of_all_checks_made_one_by_one() -> None:
    for seed in range(300):
        random = Random(seed)
        settings = TargetHealthCheck(
            interval=random.choice((1, 2, 5)),
            healthy_threshold=random.randint(1, 4),
            unhealthy_threshold=random.randint(1, 4),
        )
        edges = sorted(random.sample(range(100), 4))
        answers = [(edges[0], edges[1]), (edges[2], edges[3])][: random.randint(0, 2)]
        expected = one_by_one(settings, answers, 30)
        looks = sorted({random.randint(1, 30) for _ in range(random.randint(1, 6))})
        check = Check(settings, 0.0)
        for number in looks:
            check = check.until(number * settings.interval, answers)
            assert check.result is expected[number - 1], f"seed {seed}"
            following = [each for each in expected[number:] if each is not check.result]
            changes_at = check.next_verdict_at(answers)
            if following:
                assert changes_at == (expected.index(following[0], number) + 1) * settings.interval, f"seed {seed}"
            else:
                assert changes_at is None or changes_at > 30 * settings.interval, f"seed {seed}"
