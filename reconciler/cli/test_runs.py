"""Test files carried out: each run evaluated, planned or applied on a simulated engine of its file's, and judged."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.clock import Clock
from reconciler.engine.sandbox import Sandbox
from reconciler.errors import ReconcilerError, StackError, StoppedBySignalError
from reconciler.language.expressions.values import Value
from reconciler.language.testing.bench import Bench
from reconciler.language.testing.files import Suite
from reconciler.language.testing.trial import Trial
from reconciler.model.diagnostic import Diagnostic, error
from reconciler.model.plan import Plan
from reconciler.model.test_result import RunResult, Status


def run_suite(bench: Bench, suite: Suite, clock: Clock) -> Iterator[RunResult]:
    """Yield the result of each run of a file as it ends. After an error the rest is skipped, as Terraform does."""
    sandboxes: dict[str, Sandbox] = {}
    earlier: dict[str, Value] = {}
    broken = False
    for run in suite.runs:
        if broken:
            yield RunResult(run.name, Status.SKIP)
            continue
        began = clock.now()
        trial = Trial(bench.sources[run.source], suite, run, earlier)
        plan, problems = _carried_out(trial, sandboxes.setdefault(run.source, Sandbox()))
        status, diagnostics = (Status.ERROR, problems) if problems else trial.verdict()
        earlier[run.name] = trial.values
        broken = status is Status.ERROR
        yield RunResult(run.name, status, diagnostics, clock.now() - began, plan)


def _carried_out(trial: Trial, sandbox: Sandbox) -> tuple[Plan | None, tuple[Diagnostic, ...]]:
    """Plan or apply; returns the plan, and why it could not be carried out."""
    if trial.stack is None:
        return None, ()
    act = sandbox.apply if trial.run.applies else sandbox.plan
    try:
        return act(trial.stack, trial.outputs, trial.renamed), ()
    except StackError as problem:
        return None, problem.diagnostics
    except StoppedBySignalError:
        raise
    except ReconcilerError as problem:
        summary, _, detail = str(problem).partition("\n")
        return None, (error("E0715", summary, detail, trial.place),)
