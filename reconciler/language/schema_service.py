"""The table of `service` (ECS CreateService)."""

from __future__ import annotations

from reconciler.language.schema import LIFECYCLE, META, Attribute, Block, Kind
from reconciler.language.schema_deployment import DEPLOYMENT_CONFIGURATION

TARGET_REGISTRATION = Block(
    "load_balancer",
    "A port of the service's tasks that is a target of a target group.",
    (
        Attribute("target_group", Kind.REFERENCE, "The target group.", required=True, of=("target_group",)),
        Attribute("container_name", Kind.STRING, "The container whose port it is.", required=True),
        Attribute(
            "container_port",
            Kind.INTEGER,
            "The port: one that a port_mapping of the container has.",
            required=True,
            minimum=1,
            maximum=65535,
        ),
        Attribute(
            "test_listener",
            Kind.REFERENCE,
            "The listener whose traffic reaches a new revision before production's does: "
            "load_balancer.NAME.listener.NAME.",
            of=("listener",),
        ),
    ),
    field="load_balancers",
    repeated=True,
    aws_only={
        "target_group_arn": "target_group",
        "elb_name": "target_group",
        "load_balancer_name": "target_group",
        "advanced_configuration": "test_listener; every target group has two pools by itself",
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
    (TARGET_REGISTRATION, DEPLOYMENT_CONFIGURATION, LIFECYCLE),
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
        "placement_constraint": "several machines",
        "placement_strategy": "several machines",
    },
)
