"""The table of `deployment_configuration` (ECS DeploymentConfiguration)."""

from __future__ import annotations

from reconciler.language.schema import Attribute, Block, Kind
from reconciler.model.service import DeploymentStrategy, LifecycleStage

DAY = 86_400

CIRCUIT_BREAKER = Block(
    "deployment_circuit_breaker",
    "Fails a deployment whose tasks keep failing.",
    (
        Attribute("enable", Kind.BOOL, "Whether to count failures.", default=True),
        Attribute("rollback", Kind.BOOL, "Whether to return to the last revision that worked.", default=True),
        Attribute("reset_on_healthy_task", Kind.BOOL, "Whether a healthy task sets the count to 0.", default=True),
    ),
    (
        Block(
            "threshold",
            "How many failures are too many.",
            (
                Attribute(
                    "type",
                    Kind.STRING,
                    "A percent of the desired count (kept from 3 to 200, or not), or a count.",
                    default="BOUNDED_PERCENT",
                    choices=("BOUNDED_PERCENT", "UNBOUNDED_PERCENT", "COUNT"),
                ),
                Attribute("value", Kind.INTEGER, "The percent or count.", default=50, minimum=1),
            ),
        ),
    ),
)

LINEAR = Block(
    "linear",
    "How the traffic of a LINEAR deployment shifts: in equal steps.",
    (
        Attribute(
            "step_percent", Kind.NUMBER, "Percent of the traffic in each step.", default=10, minimum=3, maximum=100
        ),
        Attribute(
            "step_bake_time",
            Kind.DURATION,
            "Time to wait after each step but the last.",
            default=360,
            minimum=0,
            maximum=DAY,
        ),
    ),
)

CANARY = Block(
    "canary",
    "How the traffic of a CANARY deployment shifts: a small part first, then all of it.",
    (
        Attribute(
            "percent", Kind.NUMBER, "Percent of the traffic in the first step.", default=5, minimum=0.1, maximum=100
        ),
        Attribute(
            "bake_time", Kind.DURATION, "Time to wait after the first step.", default=600, minimum=0, maximum=DAY
        ),
    ),
)

PROMETHEUS = Block(
    "prometheus",
    "A query whose one value counts.",
    (
        Attribute("url", Kind.STRING, "The server: http://HOST:9090.", required=True),
        Attribute("query", Kind.STRING, "The query, in PromQL.", required=True),
    ),
)

ALARM = Block(
    "alarm",
    "Fails a deployment, up to the end of its bake time: exactly one of metric, command and prometheus.",
    (
        Attribute(
            "metric",
            Kind.STRING,
            "Of the service's own answers: the percent that are 500 and above, or seconds (95th percentile).",
            choices=("http_5xx_percent", "latency_p95"),
        ),
        Attribute("command", Kind.STRINGS, "A command; an exit code other than 0 is above any limit."),
        Attribute("greater_than", Kind.NUMBER, "The limit.", default=0),
        Attribute("period", Kind.DURATION, "Time between two looks.", default=10, minimum=1, maximum=DAY),
        Attribute(
            "datapoints",
            Kind.INTEGER,
            "Looks in a row that must be above the limit.",
            default=2,
            minimum=1,
            maximum=100,
        ),
    ),
    (PROMETHEUS,),
    field="alarms",
    labelled=True,
    aws_only={"alarm_names": "metric, command or a prometheus block"},
)

LIFECYCLE_HOOK = Block(
    "lifecycle_hook",
    "Something that must go well before a deployment leaves a stage: exactly one of command, http, task and pause.",
    (
        Attribute(
            "stages",
            Kind.STRINGS,
            "When: at these stages.",
            required=True,
            choices=tuple(LifecycleStage),
        ),
        Attribute(
            "command", Kind.STRINGS, "A command, run in the stack's folder; exit code 0 goes on, others roll back."
        ),
        Attribute("pause", Kind.BOOL, "Wait for `reconciler deployment continue`.", default=False),
        Attribute("timeout", Kind.DURATION, "Time that it may take.", default=DAY, minimum=1, maximum=14 * DAY),
        Attribute(
            "on_timeout",
            Kind.STRING,
            "What becomes of the deployment then.",
            default="ROLLBACK",
            choices=("ROLLBACK", "CONTINUE"),
        ),
    ),
    (
        Block(
            "http",
            "Asks a URL: 2xx goes on, unless the body says IN_PROGRESS.",
            (Attribute("url", Kind.STRING, "The URL: http://HOST/PATH.", required=True),),
        ),
        Block(
            "task",
            "Runs one task of the new revision; exit code 0 goes on.",
            (
                Attribute("command", Kind.STRINGS, "Another command for the container."),
                Attribute("container", Kind.STRING, "Whose command it is; default: the essential one's."),
            ),
        ),
    ),
    field="lifecycle_hooks",
    labelled=True,
    aws_only={
        "hook_target_arn": "command, http, task or pause",
        "role_arn": "nothing",
        "lifecycle_stages": "stages",
        "hook_details": "command",
    },
)

DEPLOYMENT_CONFIGURATION = Block(
    "deployment_configuration",
    "How a new revision replaces the old one.",
    (
        Attribute(
            "strategy",
            Kind.STRING,
            "How the new revision takes over.",
            default="ROLLING",
            choices=tuple(DeploymentStrategy),
        ),
        Attribute(
            "minimum_healthy_percent",
            Kind.INTEGER,
            "Percent of desired_count that stays healthy, rounded up.",
            default=100,
            minimum=0,
            maximum=100,
        ),
        Attribute(
            "maximum_percent",
            Kind.INTEGER,
            "Percent of desired_count that may run at once, rounded down.",
            default=200,
            minimum=100,
            maximum=1000,
        ),
        Attribute(
            "minimum_healthy_time",
            Kind.DURATION,
            "Without a health check, a task counts as healthy after this.",
            default=10,
            minimum=0,
            maximum=DAY,
        ),
        Attribute(
            "timeout",
            Kind.DURATION,
            "No progress for this long fails the deployment; baking, hooks and pauses do not count.",
            default=600,
            minimum=1,
            maximum=7 * DAY,
        ),
        Attribute(
            "bake_time",
            Kind.DURATION,
            "Time in which alarms are watched, and the old tasks kept, once all traffic has shifted.",
            default=0,
            minimum=0,
            maximum=DAY,
        ),
    ),
    (LINEAR, CANARY, CIRCUIT_BREAKER, ALARM, LIFECYCLE_HOOK),
    aws_only={
        "bake_time_in_minutes": "bake_time",
        "linear_configuration": "a linear block",
        "canary_configuration": "a canary block",
        "alarms": "alarm blocks",
        "lifecycle_hooks": "lifecycle_hook blocks",
    },
)
