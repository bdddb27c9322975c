"""The table of `service` (ECS CreateService)."""

from __future__ import annotations

from reconciler.language.schema import LIFECYCLE, META, Attribute, Block, Kind

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

DEPLOYMENT_CONFIGURATION = Block(
    "deployment_configuration",
    "How a new revision replaces the old one.",
    (
        Attribute(
            "strategy",
            Kind.STRING,
            "How the new revision takes over.",
            default="ROLLING",
            choices=("ROLLING",),
            later=("BLUE_GREEN", "LINEAR", "CANARY"),
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
            "No progress for this long fails the deployment.",
            default=600,
            minimum=1,
            maximum=7 * DAY,
        ),
    ),
    (CIRCUIT_BREAKER,),
    later={
        "bake_time": "blue/green deployments",
        "linear": "linear deployments",
        "canary": "canary deployments",
        "alarm": "alarms of deployments",
        "lifecycle_hook": "hooks of deployments",
    },
)

SERVICE = Block(
    "service",
    "Keeps tasks of a definition running. Its name answers on the stack's network.",
    (
        Attribute(
            "task_definition",
            Kind.REFERENCE,
            "The task definition to run.",
            required=True,
            of=("task_definition",),
        ),
        Attribute(
            "desired_count", Kind.INTEGER, "How many tasks to keep running.", default=1, minimum=0, maximum=10_000
        ),
        Attribute(
            "scheduling_strategy",
            Kind.STRING,
            "desired_count tasks, or one task on every engine.",
            default="REPLICA",
            choices=("REPLICA", "DAEMON"),
        ),
        Attribute(
            "health_check_grace_period",
            Kind.DURATION,
            "Time after its start in which a task is not stopped for being unhealthy.",
            default=0,
            minimum=0,
            maximum=2_147_483_647,
        ),
        Attribute(
            "depends_on",
            Kind.REFERENCES,
            "Services that must be steady first.",
            of=("service", "module"),
        ),
        *META,
    ),
    (DEPLOYMENT_CONFIGURATION, LIFECYCLE),
    labelled=True,
    aws_only={
        "launch_type": "nothing: tasks run on your engine",
        "capacity_provider_strategy": "nothing: tasks run on your engine",
        "platform_version": "nothing: tasks run on your engine",
        "network_configuration": "networks in the task definition",
        "iam_role": "nothing",
        "cluster": "a cluster block: a stack has one engine",
        "enable_ecs_managed_tags": "docker_labels",
        "propagate_tags": "docker_labels",
        "tags": "docker_labels",
        "service_registries": "nothing: a service's name answers on the stack's network",
        "service_connect_configuration": "nothing: a service's name answers on the stack's network",
        "volume_configuration": "volume blocks",
        "vpc_lattice_configurations": "nothing",
        "deployment_controller": "deployment_configuration",
        "availability_zone_rebalancing": "nothing",
        "enable_execute_command": "nothing: `reconciler exec` always works",
        "force_new_deployment": "nothing",
    },
    later={
        "load_balancer": "traffic",
        "placement_constraint": "several machines",
        "placement_strategy": "several machines",
        "alarm": "alarms of deployments",
        "lifecycle_hook": "hooks of deployments",
    },
)
