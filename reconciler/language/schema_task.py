"""The table of `task_definition` (ECS RegisterTaskDefinition)."""

from __future__ import annotations

from reconciler.language.schema import LIFECYCLE, META, Attribute, Block, Kind
from reconciler.language.schema_container import CONTAINER

TASK_DEFINITION = Block(
    "task_definition",
    "The blueprint of a task: containers that start and stop as one. Equal content is the same revision.",
    (
        Attribute("family", Kind.STRING, "Name that revisions are counted under; default: the block's label."),
        Attribute(
            "network_mode",
            Kind.STRING,
            "One namespace for the task, one for each container, the host's, or none.",
            default="awsvpc",
            choices=("awsvpc", "bridge", "host", "none"),
        ),
        Attribute("cpu", Kind.INTEGER, "Ceiling of the whole task; 1024 is one CPU.", minimum=1),
        Attribute("memory", Kind.INTEGER, "Ceiling of the whole task in MiB.", minimum=6),
        Attribute("networks", Kind.REFERENCES, "Networks besides the stack's own.", of=("network",)),
        Attribute("pid_mode", Kind.STRING, "Share processes with the task or the host.", choices=("host", "task")),
        Attribute(
            "ipc_mode", Kind.STRING, "Share memory with the task or the host.", choices=("host", "task", "none")
        ),
        Attribute(
            "version_consistency",
            Kind.STRING,
            "Whether all tasks of a deployment run the digest that the first one resolved.",
            default="enabled",
            choices=("enabled", "disabled"),
        ),
        *META,
    ),
    (
        Block(
            "volume",
            "A volume of the task: private, shared, a folder of the host, or memory.",
            (
                Attribute(
                    "source", Kind.REFERENCE, "A volume block of the stack: it outlives tasks.", of=("volume",)
                ),
                Attribute(
                    "host_path", Kind.STRING, "A folder of the host; one that starts with . is below the stack's."
                ),
                Attribute("tmpfs_size", Kind.INTEGER, "Memory of so many MiB.", minimum=1),
            ),
            field="volumes",
            labelled=True,
            aws_only={
                "efs_volume_configuration": "source, host_path or a driver of the engine",
                "fsx_windows_file_server_volume_configuration": "source, host_path or a driver of the engine",
                "s3files_volume_configuration": "source, host_path or a driver of the engine",
                "docker_volume_configuration": "a volume block of the stack, and source",
                "configured_at_launch": "source",
            },
        ),
        CONTAINER,
        LIFECYCLE,
    ),
    labelled=True,
    aws_only={
        "execution_role_arn": "secret blocks and `docker login` on the engine's host",
        "task_role_arn": "secret blocks for credentials",
        "proxy_configuration": "a container of your own",
        "requires_compatibilities": "nothing: tasks run on your engine",
        "runtime_platform": "images of the engine's platform",
        "ephemeral_storage": "a tmpfs volume",
        "inference_accelerator": "device blocks",
        "enable_fault_injection": "nothing",
        "tags": "docker_labels",
        "placement_constraint": "nothing: there is one engine",
    },
)
