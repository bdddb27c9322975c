"""The tables of `scheduled_task` (EventBridge Scheduler with ECS RunTask) and of `notification`."""

from __future__ import annotations

from reconciler.language.schema import LIFECYCLE, META, Attribute, Block, Kind
from reconciler.language.schema_deployment import DAY
from reconciler.model.notification import EventKind
from reconciler.model.schedule import Overlap

TOLD = tuple(each for each in EventKind if each is not EventKind.NOTIFICATION)
"""Events about notifications are told to none of them: that could go round in circles."""

SCHEDULE = Attribute(
    "schedule",
    Kind.STRING,
    'When: "cron(0 3 * * ? *)", "0 3 * * *", "@daily", "rate(5 minutes)" or "at(2026-12-24T18:00:00)".',
    required=True,
)

TIMEZONE = Attribute("timezone", Kind.STRING, "The zone its times are in, such as Europe/Berlin.", default="UTC")

OVERRIDES = Block(
    "overrides",
    "What is other in its tasks than in the task definition; at most 8192 characters as JSON.",
    (),
    (
        Block(
            "container",
            "One container of the task definition.",
            (
                Attribute("command", Kind.STRINGS, "Instead of its command."),
                Attribute("environment", Kind.MAP, "Variables besides, or instead of, its own."),
                Attribute("cpu", Kind.INTEGER, "Instead of its CPU shares; 1024 is one CPU.", minimum=0),
                Attribute("memory", Kind.INTEGER, "Instead of its hard limit in MiB.", minimum=6),
            ),
            labelled=True,
            required=True,
            aws_only={"environment_files": "environment", "resource_requirements": "the task definition"},
        ),
    ),
    aws_only={
        "container_overrides": "container blocks",
        "cpu": "cpu of a container",
        "memory": "memory of a container",
    },
)

SCHEDULED_TASK = Block(
    "scheduled_task",
    "Runs tasks of a definition at certain times, each run once, while `reconciler watch` runs.",
    (
        Attribute(
            "task_definition", Kind.REFERENCE, "The task definition to run.", required=True, of=("task_definition",)
        ),
        SCHEDULE,
        TIMEZONE,
        Attribute("task_count", Kind.INTEGER, "How many tasks a run has.", default=1, minimum=1, maximum=10),
        Attribute(
            "overlap",
            Kind.STRING,
            "What happens when a run is due while one before still runs: nothing, both run, or the older is stopped.",
            default="skip",
            choices=tuple(Overlap),
        ),
        Attribute(
            "retries", Kind.INTEGER, "How often a run that failed is tried again.", default=0, minimum=0, maximum=185
        ),
        Attribute(
            "timeout",
            Kind.DURATION,
            "Time that one try may take before its tasks are stopped.",
            default=3600,
            minimum=1,
            maximum=30 * DAY,
        ),
        Attribute(
            "catch_up_window",
            Kind.DURATION,
            "The last run that was missed is caught up when it is not older than this.",
            default=0,
            minimum=0,
            maximum=30 * DAY,
        ),
        *META,
    ),
    (OVERRIDES, LIFECYCLE),
    labelled=True,
    aws_only={
        "schedule_expression": "schedule",
        "schedule_expression_timezone": "timezone",
        "flexible_time_window": "nothing: a run begins when it is due",
        "retry_policy": "retries and catch_up_window",
        "input": "an overrides block",
        "target": "task_definition",
        "role_arn": "nothing",
        "launch_type": "nothing: tasks run on your engine",
    },
)

NOTIFICATION = Block(
    "notification",
    "Tells somebody what happens, by exactly one of url, url_from and command.",
    (
        Attribute("url", Kind.STRING, "Gets each event as JSON, by POST: http://HOST/PATH."),
        Attribute(
            "url_from",
            Kind.REFERENCE,
            "The secret that holds such a URL, as one with a token is: it is read when an event is sent, and never "
            "recorded or shown.",
            of=("secret",),
        ),
        Attribute("command", Kind.STRINGS, "Run in the stack's folder; gets each event as JSON on standard input."),
        Attribute("events", Kind.STRINGS, "Which events; default: all.", choices=TOLD),
        *META,
    ),
    (LIFECYCLE,),
    labelled=True,
    aws_only={"topic_arn": "url, url_from or command", "event_pattern": "events"},
)
