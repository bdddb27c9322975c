"""The table of the containers of a `task_definition` (ECS ContainerDefinition)."""

from __future__ import annotations

from reconciler.language.schema import Attribute, Block, Kind

DAY = 86_400

ULIMITS = (
    "core",
    "cpu",
    "data",
    "fsize",
    "locks",
    "memlock",
    "msgqueue",
    "nice",
    "nofile",
    "nproc",
    "rss",
    "rtprio",
    "rttime",
    "sigpending",
    "stack",
)

PORT_MAPPING = Block(
    "port_mapping",
    "A port of the container.",
    (
        Attribute("name", Kind.STRING, "Name of the port, unique in the task definition."),
        Attribute("container_port", Kind.INTEGER, "The port inside the container.", minimum=1, maximum=65535),
        Attribute(
            "container_port_range", Kind.STRING, 'A range such as "8000-8010" instead of one port, at most 100.'
        ),
        Attribute(
            "host_port",
            Kind.INTEGER,
            "Absent: not published; 0: a free port; else that port.",
            minimum=0,
            maximum=65535,
        ),
        Attribute("protocol", Kind.STRING, "The transport.", default="tcp", choices=("tcp", "udp")),
        Attribute(
            "host_ip", Kind.STRING, "The address of the host that the port is published on.", default="127.0.0.1"
        ),
        Attribute("app_protocol", Kind.STRING, "What is spoken on the port.", choices=("http", "http2", "grpc")),
    ),
    field="port_mappings",
    repeated=True,
)

HEALTH_CHECK = Block(
    "health_check",
    "How to tell that the container is healthy. Every value is sent to the engine, so these defaults hold.",
    (
        Attribute("command", Kind.STRINGS, '["CMD", ...] or ["CMD-SHELL", "..."]; exit code 0 means healthy.'),
        Attribute("interval", Kind.DURATION, "Time between two checks.", default=30, minimum=1, maximum=300),
        Attribute("timeout", Kind.DURATION, "Time after which a check has failed.", default=5, minimum=1, maximum=60),
        Attribute(
            "retries", Kind.INTEGER, "Failures in a row that mean unhealthy.", default=3, minimum=1, maximum=10
        ),
        Attribute(
            "start_period", Kind.DURATION, "Time in which failures do not count.", default=0, minimum=0, maximum=300
        ),
        Attribute("from_image", Kind.BOOL, "Use the image's own HEALTHCHECK instead of a command.", default=False),
    ),
)

LINUX_PARAMETERS = Block(
    "linux_parameters",
    "Settings of the Linux kernel for the container.",
    (
        Attribute("init_process_enabled", Kind.BOOL, "Run an init process that reaps children.", default=False),
        Attribute("shared_memory_size", Kind.INTEGER, "Size of /dev/shm in MiB.", minimum=1),
        Attribute("max_swap", Kind.INTEGER, "Swap in MiB on top of memory; 0 means none.", minimum=0),
        Attribute("swappiness", Kind.INTEGER, "Eagerness to swap; needs max_swap.", minimum=0, maximum=100),
    ),
    (
        Block(
            "capabilities",
            "Kernel capabilities of the container.",
            (
                Attribute("add", Kind.STRINGS, "Capabilities to add, such as NET_ADMIN."),
                Attribute("drop", Kind.STRINGS, "Capabilities to take away, such as ALL."),
            ),
        ),
        Block(
            "device",
            "A device of the host.",
            (
                Attribute("host_path", Kind.STRING, "The device on the host.", required=True),
                Attribute("container_path", Kind.STRING, "Where the container sees it; default: the same path."),
                Attribute("permissions", Kind.STRINGS, 'Any of "read", "write", "mknod"; default: all.'),
            ),
            field="devices",
            repeated=True,
        ),
        Block(
            "tmpfs",
            "Memory mounted as a folder.",
            (
                Attribute("container_path", Kind.STRING, "Where it is mounted.", required=True),
                Attribute("size", Kind.INTEGER, "Its size in MiB.", required=True, minimum=1),
                Attribute("mount_options", Kind.STRINGS, "Options such as noexec."),
            ),
            repeated=True,
        ),
    ),
)

_SMALL_BLOCKS = (
    Block(
        "depends_on",
        "Another container that must have come so far before this one starts.",
        (
            Attribute("container", Kind.STRING, "Name of the other container.", required=True),
            Attribute(
                "condition",
                Kind.STRING,
                "How far it must have come.",
                required=True,
                choices=("START", "COMPLETE", "SUCCESS", "HEALTHY"),
            ),
        ),
        repeated=True,
    ),
    Block(
        "mount_point",
        "A volume of the task as the container sees it.",
        (
            Attribute("source_volume", Kind.STRING, "Name of a volume of the task definition.", required=True),
            Attribute("container_path", Kind.STRING, "Where the container sees it.", required=True),
            Attribute("read_only", Kind.BOOL, "Whether the container may only read.", default=False),
        ),
        field="mount_points",
        repeated=True,
    ),
    Block(
        "volumes_from",
        "All mounts of another container of the task.",
        (
            Attribute("source_container", Kind.STRING, "Name of the other container.", required=True),
            Attribute("read_only", Kind.BOOL, "Whether the container may only read.", default=False),
        ),
        repeated=True,
    ),
    Block(
        "log_configuration",
        "Where the container's output goes.",
        (
            Attribute("log_driver", Kind.STRING, "A log driver of the engine.", default="json-file"),
            Attribute("options", Kind.MAP, "Options of the driver; json-file has max-size 10m and max-file 3."),
        ),
        aws_only={"secret_options": "the options of the driver"},
    ),
    Block(
        "restart_policy",
        "Restart the container in place instead of ending the task.",
        (
            Attribute("enabled", Kind.BOOL, "Whether to restart.", default=True),
            Attribute("ignored_exit_codes", Kind.INTEGERS, "Exit codes that do not lead to a restart, at most 50."),
            Attribute(
                "restart_attempt_period",
                Kind.DURATION,
                "How long the container must have run to be restarted.",
                default=300,
                minimum=1,
                maximum=1800,
            ),
        ),
    ),
    Block(
        "ulimit",
        "A limit of the container's processes.",
        (
            Attribute("name", Kind.STRING, "Which limit.", required=True, choices=ULIMITS),
            Attribute("soft_limit", Kind.INTEGER, "The limit that applies.", required=True, minimum=-1),
            Attribute(
                "hard_limit", Kind.INTEGER, "The limit up to which it may be raised.", required=True, minimum=-1
            ),
        ),
        field="ulimits",
        repeated=True,
    ),
    Block(
        "extra_host",
        "A line of /etc/hosts.",
        (
            Attribute("hostname", Kind.STRING, "The name.", required=True),
            Attribute("ip_address", Kind.STRING, "The address, or host-gateway.", required=True),
        ),
        field="extra_hosts",
        repeated=True,
    ),
    Block(
        "system_control",
        "A kernel parameter of the container's namespaces.",
        (
            Attribute("namespace", Kind.STRING, "Its name, such as net.core.somaxconn.", required=True),
            Attribute("value", Kind.STRING, "Its value.", required=True),
        ),
        field="system_controls",
        repeated=True,
    ),
    Block(
        "resource_requirement",
        "GPUs of the container.",
        (
            Attribute("type", Kind.STRING, "What is required.", required=True, choices=("GPU",)),
            Attribute("value", Kind.STRING, "How many.", required=True),
        ),
        field="resource_requirements",
        repeated=True,
    ),
    Block(
        "build",
        "Build the image on the engine when it is absent or its context changed.",
        (
            Attribute("context", Kind.STRING, "Folder to build from, relative to the stack's.", required=True),
            Attribute("dockerfile", Kind.STRING, "The Dockerfile, relative to the context.", default="Dockerfile"),
        ),
    ),
)

CONTAINER = Block(
    "container",
    "One container of the task.",
    (
        Attribute("image", Kind.STRING, "The image: NAME:TAG or NAME@DIGEST.", required=True),
        Attribute("essential", Kind.BOOL, "Whether the task ends when this container does.", default=True),
        Attribute("entry_point", Kind.STRINGS, "Instead of the image's ENTRYPOINT."),
        Attribute("command", Kind.STRINGS, "Instead of the image's CMD."),
        Attribute("cpu", Kind.INTEGER, "CPU shares; 1024 is one CPU.", minimum=0),
        Attribute("memory", Kind.INTEGER, "Hard limit in MiB.", minimum=6),
        Attribute("memory_reservation", Kind.INTEGER, "Soft limit in MiB, reserved on the engine.", minimum=6),
        Attribute("environment", Kind.MAP, "Environment variables."),
        Attribute("environment_files", Kind.STRINGS, "Files of NAME=value lines, at most 10; `environment` wins."),
        Attribute(
            "secrets", Kind.REFERENCE_MAP, "Name of the file or variable, and the secret it holds.", of=("secret",)
        ),
        Attribute(
            "secrets_as",
            Kind.STRING,
            "Files /run/secrets/NAME in memory, or environment variables.",
            default="file",
            choices=("file", "environment"),
        ),
        Attribute(
            "start_timeout",
            Kind.DURATION,
            "Time in which it must reach the condition another one waits for.",
            minimum=1,
            maximum=DAY,
        ),
        Attribute(
            "stop_timeout", Kind.DURATION, "Time between SIGTERM and SIGKILL.", default=30, minimum=0, maximum=DAY
        ),
        Attribute(
            "pull",
            Kind.STRING,
            "When the image is pulled.",
            default="missing",
            choices=("missing", "always", "never"),
        ),
        Attribute("user", Kind.STRING, "User or UID, with :GROUP if need be."),
        Attribute("working_directory", Kind.STRING, "Folder that the command starts in."),
        Attribute("hostname", Kind.STRING, "Host name; in awsvpc of the whole task."),
        Attribute("readonly_root_filesystem", Kind.BOOL, "Mount the image read-only.", default=False),
        Attribute("privileged", Kind.BOOL, "Give the container all rights on the host.", default=False),
        Attribute("docker_labels", Kind.MAP, "Labels of the container."),
        Attribute("docker_security_options", Kind.STRINGS, "Options such as no-new-privileges."),
        Attribute("dns_servers", Kind.STRINGS, "DNS servers; in awsvpc of the whole task."),
        Attribute("dns_search_domains", Kind.STRINGS, "DNS search domains; in awsvpc of the whole task."),
        Attribute("interactive", Kind.BOOL, "Keep standard input open.", default=False),
        Attribute("pseudo_terminal", Kind.BOOL, "Give the container a terminal.", default=False),
        Attribute("links", Kind.STRINGS, "Containers of the task as NAME or NAME:ALIAS; bridge mode only."),
    ),
    (PORT_MAPPING, HEALTH_CHECK, LINUX_PARAMETERS, *_SMALL_BLOCKS),
    field="containers",
    labelled=True,
    required=True,
    aws_only={
        "repository_credentials": "`docker login` on the engine's host",
        "firelens_configuration": "log_configuration with a driver of the engine",
        "credential_specs": "a secret",
        "disable_networking": 'network_mode = "none"',
    },
)
