"""`moved` and `removed` blocks to moves and removals: addresses of the whole stack, checked against each other.

Rules are Terraform's: addresses are relative to the module of the block, an object has one place to go to, and what
moved or left must not be declared where it was.
"""

from __future__ import annotations

from typing import NamedTuple

from reconciler.language.blocks.addresses import read_address
from reconciler.language.blocks.declarations import Declaration
from reconciler.language.blocks.decode import Decoded, Decoder
from reconciler.language.blocks.module_instance import ModuleInstance
from reconciler.language.blocks.references import MODULE
from reconciler.language.expressions.scope import EvaluationError
from reconciler.language.report import Report
from reconciler.language.schema_stack import MOVED, REMOVED
from reconciler.model.address import block_type, has_key, without_keys
from reconciler.model.lifecycle import Move, Removal


def moves(root: ModuleInstance, report: Report) -> tuple[Move, ...]:
    """Return every move, in the order of files; report those that contradict each other or the stack."""
    found: dict[str, Move] = {}
    targets: dict[str, str] = {}
    declared = _declared(root)
    for place in root.every():
        for declaration in place.module.declarations.moves:
            move = _move(declaration, place, report)
            if move is None or found.get(move.before) == move:
                continue
            problem = _why_not(move, found, targets, declared)
            if problem:
                report.error("E0216", *problem, declaration.file, declaration.place)
                continue
            found[move.before], targets[move.after] = move, move.before
    return tuple(found.values())


def removals(root: ModuleInstance, report: Report) -> tuple[Removal, ...]:
    """Return every removal; report those of what is still declared.

    They are about blocks: whichever copies there were of them, and of the modules around.
    """
    found: dict[Removal, None] = {}
    declared = {without_keys(each) for each in _declared(root).blocks}
    for place in root.every():
        for declaration in place.module.declarations.removals:
            assert declaration.block is not None
            scope = place.scope(declaration.file)
            decoded = Decoder(report, declaration.file, scope).block(declaration.block, REMOVED)
            address = _address(declaration, "from", place, report)
            if decoded.failed or address is None:
                continue
            if "[" in address.removeprefix(place.address):
                detail = f"Write `from = {without_keys(address)}`: it is about every copy."
                report.error("E0215", "what is removed has no key", detail, declaration.file, decoded.where("from"))
                continue
            address = without_keys(address)
            if address in declared:
                detail = "Remove its block as well, or this one."
                summary = f"{address} is removed here, and still declared"
                report.error("E0216", summary, detail, declaration.file, decoded.where("from"))
                continue
            found[Removal(address=address, destroy=_destroys(decoded))] = None
    return tuple(found)


def _destroys(decoded: Decoded) -> bool:
    lifecycle = decoded.one("lifecycle")
    return True if lifecycle is None else bool(lifecycle.get("destroy"))


def _move(declaration: Declaration, place: ModuleInstance, report: Report) -> Move | None:
    assert declaration.block is not None
    scope = place.scope(declaration.file)
    if Decoder(report, declaration.file, scope).block(declaration.block, MOVED).failed:
        return None
    before, after = (_address(declaration, name, place, report) for name in ("from", "to"))
    if before is None or after is None:
        return None
    return Move(before=before, after=after)


def _address(declaration: Declaration, name: str, place: ModuleInstance, report: Report) -> str | None:
    assert declaration.block is not None
    node = next((each.value for each in declaration.block.body.attributes if each.name == name), None)
    if node is None:
        return None
    try:
        return place.called(read_address(node))
    except EvaluationError as error:
        error.file = error.file or declaration.file
        report.evaluation(error)
        return None


def _why_not(
    move: Move, found: dict[str, Move], targets: dict[str, str], declared: _Declared
) -> tuple[str, str] | None:
    """Return why a move cannot be, as summary and detail. First match wins."""
    before, after = move.before, move.after
    if before == after:
        return f"{before} moves to itself", "Remove the block."
    if block_type(before) != block_type(after):
        return f"a {block_type(before)} cannot become a {block_type(after)}", "Both addresses are of one kind."
    if before in found:
        return f"{before} moves to two addresses", f"It moves to {found[before].after} too; keep one of the two."
    if after in targets:
        return f"two objects move to {after}", f"{targets[after]} does too; keep one of the two."
    if before in (declared.copies if has_key(before) or has_key(after) else declared.blocks):
        detail = "Remove the old block, or this one: what has moved is no longer declared where it was."
        return f"{before} has moved, and is still declared", detail
    if _leads_back(move, found):
        return f"{before} moves in a circle", "Remove one of the blocks."
    return None


def _leads_back(move: Move, found: dict[str, Move]) -> bool:
    following = move.after
    seen = {move.before}
    while following not in seen:
        seen.add(following)
        if following not in found:
            return False
        following = found[following].after
    return True


class _Declared(NamedTuple):
    """The addresses of resource blocks and of calls of modules, and those of their copies."""

    blocks: set[str]
    copies: set[str]


def _declared(root: ModuleInstance) -> _Declared:
    found = _Declared(set(), set())
    for place in root.every():
        for name, calls in place.children.items():
            found.blocks.add(place.called(f"{MODULE}.{name}"))
            found.copies.update(each.address for each in calls)
        for key, instances in place.resources.items():
            found.blocks.add(place.called(str(key)))
            found.copies.update(each.address for each in instances)
    return found
