"""The table of everything that stands at the top of a file."""

from __future__ import annotations

from reconciler.language.schema import LIFECYCLE, META, PRECONDITION, Attribute, Block, Kind
from reconciler.language.schema_load_balancer import LOAD_BALANCER
from reconciler.language.schema_scaling import AUTOSCALING
from reconciler.language.schema_schedule import NOTIFICATION, SCHEDULED_TASK
from reconciler.language.schema_service import SERVICE
from reconciler.language.schema_target_group import TARGET_GROUP
from reconciler.language.schema_task import TASK_DEFINITION
from reconciler.model.address import BLOCK_TYPES

STACK = Block(
    "stack",
    "The stack itself; without it the stack is called as its folder.",
    (Attribute("required_version", Kind.STRING, 'The versions of reconciler that may apply it, such as ">= 0.1".'),),
    labelled=True,
)

CLUSTER = Block(
    "cluster",
    "The engine that tasks run on; default: DOCKER_HOST, the docker context, or the local socket.",
    (
        Attribute(
            "engine",
            Kind.STRING,
            "unix:///var/run/docker.sock, tcp://HOST:2376 with tls, or ssh://USER@HOST.",
        ),
    ),
    (
        Block(
            "tls",
            "Files for a tcp:// engine.",
            (
                Attribute("ca", Kind.STRING, "Certificate of the authority.", required=True),
                Attribute("cert", Kind.STRING, "Certificate of the client.", required=True),
                Attribute("key", Kind.STRING, "Key of the client.", required=True),
            ),
        ),
    ),
    labelled=True,
    aws_only={"capacity_providers": "engine", "configuration": "engine", "service_connect_defaults": "nothing"},
)

VARIABLE = Block(
    "variable",
    "A value that whoever applies the stack may set: --var, --var-file, *.auto.vars.hcl, RECONCILER_VAR_name.",
    (
        Attribute(
            "type", Kind.EXPRESSION, "string, number, bool, list(...), set(...), map(...), object({...}), any."
        ),
        Attribute("default", Kind.EXPRESSION, "The value when none is given; without it one must be."),
        Attribute("description", Kind.STRING, "What it is for."),
        Attribute("sensitive", Kind.BOOL, "Whether its value is never shown.", default=False),
        Attribute("nullable", Kind.BOOL, "Whether it may be null.", default=True),
    ),
    (
        Block(
            "validation",
            "A rule that the value must meet.",
            (
                Attribute("condition", Kind.EXPRESSION, "True when the value will do.", required=True),
                Attribute("error_message", Kind.EXPRESSION, "What to say when it will not.", required=True),
            ),
            repeated=True,
        ),
    ),
    labelled=True,
    later={"ephemeral": "values that are never recorded"},
)

LOCALS = Block("locals", "Names for expressions: `local.name`.", free=True)

OUTPUT = Block(
    "output",
    "A value to show after an apply.",
    (
        Attribute("value", Kind.EXPRESSION, "The value.", required=True),
        Attribute("description", Kind.STRING, "What it is."),
        Attribute("sensitive", Kind.BOOL, "Whether it is hidden.", default=False),
        Attribute("depends_on", Kind.EXPRESSION, "Accepted as in Terraform; outputs are evaluated last anyway."),
    ),
    (PRECONDITION,),
    labelled=True,
    later={"ephemeral": "values that are never recorded"},
)

DEPENDS_ON = Attribute(
    "depends_on",
    Kind.REFERENCES,
    "Services that must be steady before any of the module's.",
    of=("service", "module"),
)

MODULE = Block(
    "module",
    "A folder with blocks of its own. Every other attribute is the value of a variable that the folder declares.",
    (
        Attribute(
            "source",
            Kind.EXPRESSION,
            "The folder, relative to the file's: ./modules/mail. A text without expressions.",
            required=True,
        ),
        *META,
        DEPENDS_ON,
    ),
    labelled=True,
    free=True,
    aws_only={"providers": "a cluster block", "version": "a copy of the folder: modules are local"},
)

MOVED = Block(
    "moved",
    "Something that has another address now. What runs goes on as it is, and keeps its name.",
    (
        Attribute("from", Kind.EXPRESSION, "The address before, such as service.old.", required=True),
        Attribute("to", Kind.EXPRESSION, "The address now.", required=True),
    ),
    repeated=True,
)

REMOVED = Block(
    "removed",
    "Something that has left the stack, and how it leaves.",
    (Attribute("from", Kind.EXPRESSION, "The address before, without an index.", required=True),),
    (
        Block(
            "lifecycle",
            "How it leaves.",
            (
                Attribute(
                    "destroy",
                    Kind.BOOL,
                    "Whether it is stopped and removed; false forgets it and leaves it as it is.",
                    default=True,
                ),
            ),
        ),
    ),
    repeated=True,
)

CHECK = Block(
    "check",
    "Assertions about the stack as a whole; one that fails is a warning and stops nothing.",
    (),
    (
        Block(
            "assert",
            "One assertion.",
            (
                Attribute("condition", Kind.EXPRESSION, "True when all is well.", required=True),
                Attribute("error_message", Kind.EXPRESSION, "What to say when it is not.", required=True),
            ),
            repeated=True,
            required=True,
        ),
    ),
    labelled=True,
    later={"data": "reading the engine"},
)

NETWORK = Block(
    "network",
    "A network besides the stack's own, which every task is on.",
    (Attribute("internal", Kind.BOOL, "Whether it has no way out of the host.", default=False), *META),
    (LIFECYCLE,),
    labelled=True,
)

VOLUME = Block(
    "volume",
    "A volume that outlives tasks.",
    (
        Attribute("name", Kind.STRING, "Its name on the engine; default: STACK_LABEL, of an external one LABEL."),
        Attribute("driver", Kind.STRING, "Volume driver of the engine.", default="local"),
        Attribute("driver_opts", Kind.MAP, "Options of the driver."),
        Attribute("labels", Kind.MAP, "Labels of the volume."),
        Attribute("external", Kind.BOOL, "Whether it exists already; it is never made or removed.", default=False),
        Attribute("exclusive", Kind.BOOL, "Whether one task at a time may write: updates stop first.", default=False),
        *META,
    ),
    (LIFECYCLE,),
    labelled=True,
)

SECRET = Block(
    "secret",
    "Where a secret's value is read when a task starts: exactly one of env, file and command.",
    (
        Attribute("env", Kind.STRING, "An environment variable of whoever applies the stack."),
        Attribute("file", Kind.STRING, "A file, relative to the stack's folder."),
        Attribute("command", Kind.STRINGS, "A command that prints the value."),
        *META,
    ),
    (LIFECYCLE,),
    labelled=True,
    aws_only={"value_from": "env, file or command", "arn": "env, file or command"},
)

ROOT = Block(
    "",
    "A file of a stack.",
    (),
    (
        STACK,
        CLUSTER,
        VARIABLE,
        LOCALS,
        MODULE,
        NETWORK,
        VOLUME,
        SECRET,
        TASK_DEFINITION,
        SERVICE,
        LOAD_BALANCER,
        TARGET_GROUP,
        AUTOSCALING,
        SCHEDULED_TASK,
        NOTIFICATION,
        OUTPUT,
        MOVED,
        REMOVED,
        CHECK,
    ),
    aws_only={
        "provider": "a cluster block",
        "terraform": "a stack block",
        "resource": "task_definition, service and load_balancer blocks",
    },
    later={
        "data": "reading the engine",
        "import": "adopting what runs",
    },
)

VALUES = Block("", "A file of values for variables.", free=True)

RESOURCES = BLOCK_TYPES
"""Block types that have addresses."""
