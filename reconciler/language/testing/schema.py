"""The table of what a test file (`*.test.hcl`) holds. Terraform's words, but for the default of `command`."""

from __future__ import annotations

from reconciler.language.schema import Attribute, Block, Kind

VARIABLES = Block(
    "variables",
    "In a test file: values of variables. Those of a run win over the file's, and these over all others.",
    free=True,
)

MODULE = Block(
    "module",
    "Another folder to test in this run instead of the stack.",
    (
        Attribute(
            "source",
            Kind.EXPRESSION,
            "The folder, relative to the stack's: ./modules/mail. A text without expressions.",
            required=True,
        ),
    ),
)

ASSERT = Block(
    "assert",
    "What must be true once the run has planned, or applied.",
    (
        Attribute(
            "condition",
            Kind.EXPRESSION,
            "True when all is well. It may refer to everything in the stack, to output.NAME and to run.EARLIER.NAME.",
            required=True,
        ),
        Attribute("error_message", Kind.EXPRESSION, "What to say when it is not.", required=True),
    ),
    repeated=True,
)

RUN = Block(
    "run",
    "In a test file: one plan or apply. The runs go in order; what they apply stays until the file ends.",
    (
        Attribute(
            "command",
            Kind.EXPRESSION,
            "plan, which is the default, or apply: on a simulated engine, so that host_ports are known.",
        ),
        Attribute(
            "expect_failures",
            Kind.EXPRESSION,
            "What must fail its own rules: [var.tag, service.web, output.url, check.cheap], and nothing else.",
        ),
    ),
    (VARIABLES, MODULE, ASSERT),
    labelled=True,
    later={
        "plan_options": "targets, replacements and refresh-only plans",
        "parallel": "runs side by side",
        "state_key": "several states in one file",
    },
)

TEST_FILE = Block("test file", "Runs, and the values of variables that they share.", (), (VARIABLES, RUN))
