"""`reconciler init`: write a small stack that applies as it is."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import click

from reconciler.cli.options import stack_files
from reconciler.cli.output import say
from reconciler.errors import EngineError, ReconcilerError

TEMPLATE = "stack.hcl"
PUBLIC = ("nginx:1.27-alpine", 80)
AT_HAND = (("reconciler-demo/web:1", 8080),)
"""Images that an engine without a registry may have (`make images` builds them), with the port they listen on."""


@click.command("init")
@click.argument("folder", default=".")
@click.option("--image", metavar="IMAGE", help="The image to run [default: nginx, or a demo image the engine has].")
@click.option("--port", type=click.IntRange(1, 65535), metavar="PORT", help="The port that the image listens on.")
def command(folder: str, image: str | None, port: int | None) -> None:
    """Write a small stack into FOLDER [default: this folder]: one service of two tasks, ready for plan and apply."""
    target = Path(folder)
    if stack_files(target):
        where = "this folder" if folder == "." else folder
        raise ReconcilerError(f"{where} holds *.hcl files already; nothing was written")
    chosen, listens_on = (image, 80) if image else _image()
    path = target / "main.hcl"
    text = files("reconciler.cli").joinpath(TEMPLATE).read_text(encoding="utf-8")
    try:
        target.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("IMAGE", chosen).replace("PORT", str(port or listens_on)), encoding="utf-8")
    except OSError as problem:
        raise ReconcilerError(f"{problem.filename} cannot be written: {problem.strerror}") from problem
    stack = "" if folder == "." else f" --stack {folder}"
    say(f"Wrote {path}. Try next:\n  reconciler plan{stack}\n  reconciler apply{stack}")


def _image() -> tuple[str, int]:
    """Return an image that can be run: a demo image if the engine has one, else a public one."""
    from reconciler.clock import SystemClock
    from reconciler.drivers.docker.driver import DockerDriver
    from reconciler.drivers.driver import LookRequest
    from reconciler.model.stack import Cluster

    request = LookRequest(stack="init", images=tuple(image for image, _ in AT_HAND))
    try:
        shown = DockerDriver(Cluster(), SystemClock()).look(request)
    except EngineError:
        return PUBLIC
    return next(((image, port) for image, port in AT_HAND if shown.image(image)), PUBLIC)
