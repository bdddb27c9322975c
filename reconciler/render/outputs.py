"""Output values for people and for scripts (`output`, and the end of `apply`)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from reconciler.model.stack import Output
from reconciler.render.json_text import compact


def outputs_text(outputs: Iterable[Output]) -> str:
    """Return one `name = value` a line."""
    return "\n".join(f"{each.name} = {_shown(each)}" for each in outputs)


def outputs_json(outputs: Iterable[Output]) -> dict[str, Any]:
    """Return name -> value, type, sensitive, as `terraform output -json` does. Sensitive values are not recorded."""
    return {each.name: {"sensitive": each.sensitive, "type": each.type, "value": _public(each)} for each in outputs}


def _public(output: Output) -> Any:
    return None if output.sensitive else output.value


def _shown(output: Output) -> str:
    if output.sensitive:
        return "(sensitive value)"
    return compact(output.value) if output.known else "(known after apply)"
