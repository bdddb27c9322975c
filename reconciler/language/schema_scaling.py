"""The table of `autoscaling` (AWS Application Auto Scaling)."""

from __future__ import annotations

from reconciler.language.schema import LIFECYCLE, META, Attribute, Block, Kind
from reconciler.language.schema_deployment import DAY, PROMETHEUS
from reconciler.language.schema_schedule import SCHEDULE, TIMEZONE
from reconciler.model.scaling import AdjustmentType, ScalingMetric

MOST_TASKS, MOST_PERIODS = 10_000, 100
LONGEST_COOLDOWN = 7 * DAY

METRIC = Attribute(
    "metric",
    Kind.STRING,
    "Of the service's tasks: cpu and memory in percent of their limit, or requests per minute and target.",
    choices=tuple(ScalingMetric),
)

PERIOD = Attribute(
    "period", Kind.DURATION, "How long the samples of one value are gathered.", default=60, minimum=1, maximum=DAY
)

_METRICS_OF_AWS = {
    "predefined_metric_specification": "metric",
    "customized_metric_specification": "a prometheus block",
    "policy_type": "a target_tracking or step_scaling block",
}

TARGET_TRACKING = Block(
    "target_tracking",
    "Keeps a metric near a value: exactly one of metric and prometheus. Wants ceil(running x value / target_value).",
    (
        METRIC,
        Attribute("target_value", Kind.NUMBER, "The value to keep, above 0.", required=True),
        Attribute(
            "scale_out_cooldown",
            Kind.DURATION,
            "After a scale-out, time in which only a larger one goes on, less what was added.",
            default=300,
            minimum=0,
            maximum=LONGEST_COOLDOWN,
        ),
        Attribute(
            "scale_in_cooldown",
            Kind.DURATION,
            "After a scale-in, time without another; a scale-out ends it.",
            default=300,
            minimum=0,
            maximum=LONGEST_COOLDOWN,
        ),
        Attribute("disable_scale_in", Kind.BOOL, "Whether it only ever adds tasks.", default=False),
        PERIOD,
        Attribute(
            "scale_out_periods",
            Kind.INTEGER,
            "Periods in a row above the value after which it scales out.",
            default=3,
            minimum=1,
            maximum=MOST_PERIODS,
        ),
        Attribute(
            "scale_in_periods",
            Kind.INTEGER,
            "Periods in a row below nine tenths of the value after which it scales in.",
            default=15,
            minimum=1,
            maximum=MOST_PERIODS,
        ),
    ),
    (PROMETHEUS,),
    field="target_trackings",
    labelled=True,
    aws_only=_METRICS_OF_AWS,
)

STEP = Block(
    "step",
    "What is done while the metric is in a range. Ranges leave no gap and do not overlap.",
    (
        Attribute(
            "lower_bound",
            Kind.NUMBER,
            "Where the range begins, relative to the threshold; absent, it has no beginning.",
        ),
        Attribute(
            "upper_bound", Kind.NUMBER, "Where the range ends, relative to the threshold; absent, it has no end."
        ),
        Attribute("adjustment", Kind.INTEGER, "By how much, or to what, the count changes.", required=True),
    ),
    field="steps",
    repeated=True,
    required=True,
    aws_only={
        "metric_interval_lower_bound": "lower_bound",
        "metric_interval_upper_bound": "upper_bound",
        "scaling_adjustment": "adjustment",
    },
)

STEP_SCALING = Block(
    "step_scaling",
    "Changes the count by steps, the further a metric is from a threshold: exactly one of metric and prometheus.",
    (
        METRIC,
        Attribute("threshold", Kind.NUMBER, "The value that bounds are relative to.", required=True),
        Attribute(
            "adjustment_type",
            Kind.STRING,
            "What an adjustment is: tasks more or less, percent of the running ones, or the count itself.",
            default="ChangeInCapacity",
            choices=tuple(AdjustmentType),
        ),
        Attribute(
            "minimum_adjustment_magnitude",
            Kind.INTEGER,
            "With PercentChangeInCapacity: by how many tasks the count changes at least.",
            default=0,
            minimum=0,
            maximum=MOST_TASKS,
        ),
        PERIOD,
        Attribute(
            "evaluation_periods",
            Kind.INTEGER,
            "Periods in a row in a step's range after which it is done.",
            default=1,
            minimum=1,
            maximum=MOST_PERIODS,
        ),
        Attribute(
            "cooldown",
            Kind.DURATION,
            "Time after a change without another; a larger scale-out goes on, less what was added.",
            default=300,
            minimum=0,
            maximum=LONGEST_COOLDOWN,
        ),
    ),
    (PROMETHEUS, STEP),
    field="step_scalings",
    labelled=True,
    aws_only={
        **_METRICS_OF_AWS,
        "step_adjustment": "a step block",
        "min_adjustment_magnitude": "minimum_adjustment_magnitude",
        "metric_aggregation_type": "nothing: a value is the mean of its samples",
    },
)

SCHEDULED_ACTION = Block(
    "scheduled_action",
    "Sets other bounds at certain times, which hold until the next one, or until the file says others.",
    (
        SCHEDULE,
        TIMEZONE,
        Attribute("min_capacity", Kind.INTEGER, "The new least count.", minimum=0, maximum=MOST_TASKS),
        Attribute("max_capacity", Kind.INTEGER, "The new greatest count.", minimum=0, maximum=MOST_TASKS),
    ),
    field="scheduled_actions",
    labelled=True,
    aws_only={"scalable_target_action": "min_capacity and max_capacity"},
)

AUTOSCALING = Block(
    "autoscaling",
    "Owns the count of a service, while `reconciler watch` runs: it moves between two bounds.",
    (
        Attribute("service", Kind.REFERENCE, "The service whose count it is.", required=True, of=("service",)),
        Attribute("min_capacity", Kind.INTEGER, "The least count.", required=True, minimum=0, maximum=MOST_TASKS),
        Attribute("max_capacity", Kind.INTEGER, "The greatest count.", required=True, minimum=0, maximum=MOST_TASKS),
        *META,
    ),
    (TARGET_TRACKING, STEP_SCALING, SCHEDULED_ACTION, LIFECYCLE),
    labelled=True,
    aws_only={
        "resource_id": "service",
        "scalable_dimension": "nothing: it is the service's desired_count",
        "service_namespace": "nothing",
        "role_arn": "nothing",
        "suspended_state": "`reconciler autoscaling suspend`",
    },
)
