"""Output values for people and for scripts (`output`, and the end of `apply`)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from reconciler.model.stack import Output


def outputs_text(outputs: Iterable[Output]) -> str:
    """Return one `name = value` a line."""
    return "\n".join(f"{each.name} = {_shown(each)}" for each in outputs)


def outputs_json(outputs: Iterable[Output]) -> dict[str, Any]:
    """Return name -> value, type, sensitive, as `terraform output -json` does. Sensitive values are not recorded."""
    return {each.name: {"sensitive": each.sensitive, "type": each.type, "value": each.value} for each in outputs}


def _shown(output: Output) -> str:
    if output.sensitive:
        return "(sensitive value)"
    return json.dumps(output.value, ensure_ascii=False) if output.known else "(known after apply)"
