"""Load balancers and target groups from their decoded blocks."""

from __future__ import annotations

import hashlib
from typing import Any

from reconciler.language.blocks.assemble import StackFiles, UnreadableError
from reconciler.language.blocks.content import by_label, content_of, ordered
from reconciler.language.blocks.decode import Decoded
from reconciler.language.blocks.elb_defaults import elb_defaults, elb_health_check
from reconciler.language.blocks.instances import Instance
from reconciler.model.load_balancer import LoadBalancer, TargetGroup

_ACTIONS = ("forwards", "redirect", "fixed_response")


def load_balancer(instance: Instance, files: StackFiles) -> LoadBalancer:
    """Make a load balancer; raise UnreadableError when there is no certificate."""
    decoded = instance.decoded
    listeners = [_listener(each, instance.address, files) for each in by_label(decoded.all("listener"))]
    own = {"address": instance.address, "name": instance.name, "listeners": listeners}
    return LoadBalancer.model_validate({**content_of(decoded), **own})


def listener_address(balancer: str, name: str) -> str:
    """Return how a listener is referred to.

    >>> listener_address("load_balancer.public", "http")
    'load_balancer.public.listener.http'
    """
    return f"{balancer}.listener.{name}"


def _listener(decoded: Decoded, balancer: str, files: StackFiles) -> dict[str, Any]:
    content = _with_action(decoded)
    content |= {"name": decoded.label, "address": listener_address(balancer, decoded.label)}
    certificates = ordered("certificate", decoded.all("certificate"))
    content["certificates"] = [_certificate(each, files) for each in certificates]
    content["rules"] = [{**_with_action(each), "name": each.label} for each in by_label(decoded.all("rule"))]
    return content


def _with_action(decoded: Decoded) -> dict[str, Any]:
    """Return what a listener or a rule says, its kinds of action as one; without any the model has a default."""
    content = content_of(decoded)
    action = {name: content.pop(name) for name in _ACTIONS if name in content}
    return {**content, "action": action} if has_action(decoded) else content


def has_action(decoded: Decoded) -> bool:
    """Say whether a listener or a rule says what to do."""
    return any(decoded.all(word) for word in ("forward", "redirect", "fixed_response"))


def _certificate(decoded: Decoded, files: StackFiles) -> dict[str, Any]:
    digests = "".join(_digest(decoded, name, files) for name in ("file", "key"))
    return {**content_of(decoded), "digest": f"sha256:{hashlib.sha256(digests.encode()).hexdigest()}"}


def _digest(decoded: Decoded, attribute: str, files: StackFiles) -> str:
    try:
        return files.pem_digest(decoded.get(attribute))
    except ValueError as error:
        raise UnreadableError(str(error), decoded, attribute) from None


def target_group(instance: Instance) -> TargetGroup:
    """Make a target group. `elb_defaults` fills in AWS's numbers, and is forgotten then."""
    decoded = instance.decoded
    content = {**elb_defaults(decoded), **content_of(decoded)}
    content["health_check"] = {**elb_health_check(decoded), **content.get("health_check", {})}
    content.pop("elb_defaults", None)
    return TargetGroup.model_validate({**content, "address": instance.address, "name": instance.name})
