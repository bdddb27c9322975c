"""Functions of IP networks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.language.expressions.values import NUMBER, STRING, Number, Value, list_of, list_type, string
from reconciler.language.functions.table import FunctionError, function
from reconciler.language.limits import check_elements

if TYPE_CHECKING:
    import ipaddress

    Network = ipaddress.IPv4Network | ipaddress.IPv6Network


MOST_BITS = 32


def _network(prefix: str) -> Network:
    import ipaddress

    address, slash, bits = prefix.partition("/")
    try:
        if not slash or not bits.isdigit() or "%" in address:
            raise ValueError(prefix)
        return ipaddress.ip_network(prefix, strict=False)
    except ValueError:
        raise FunctionError("an address with a prefix length is required, such as 10.0.0.0/16", 0) from None


def _whole(amount: Number, argument: int) -> int:
    if not isinstance(amount, int):
        raise FunctionError("a whole number is required", argument)
    return amount


@function(STRING, NUMBER, returns=STRING)
def cidrhost(prefix: str, hostnum: Number) -> str:
    """Return the address of a host of a network; negative numbers count from the end."""
    network, host = _network(prefix), _whole(hostnum, 1)
    offset = network.num_addresses + host if host < 0 else host
    if not 0 <= offset < network.num_addresses:
        raise FunctionError(f"the network {network} has no host number {host}", 1)
    return str(network.network_address + offset)


@function(STRING, returns=STRING)
def cidrnetmask(prefix: str) -> str:
    """Return the mask of an IPv4 network."""
    network = _network(prefix)
    if network.version != 4:
        raise FunctionError("only IPv4 networks have a mask", 0)
    return str(network.netmask)


def _at(network: Network, start: int, length: int) -> Network:
    """Return the network of that length at an address, of the version of another one."""
    return type(network)((start, length))


def _subnet(network: Network, newbits: int, netnum: int, argument: int) -> Network:
    length = network.prefixlen + newbits
    if newbits < 0 or length > network.max_prefixlen:
        raise FunctionError(f"{network} cannot be extended by {newbits} bits", argument)
    if not 0 <= netnum < 2**newbits:
        raise FunctionError(f"{newbits} bits cannot hold network number {netnum}", argument + 1)
    step = netnum << (network.max_prefixlen - length)
    return _at(network, int(network.network_address) + step, length)


@function(STRING, NUMBER, NUMBER, returns=STRING)
def cidrsubnet(prefix: str, newbits: Number, netnum: Number) -> str:
    """Return a network inside a network."""
    return str(_subnet(_network(prefix), _whole(newbits, 1), _whole(netnum, 2), 1))


@function(STRING, returns=list_type(STRING), variadic=NUMBER)
def cidrsubnets(prefix: str, *newbits: Number) -> Value:
    """Return consecutive networks inside a network, each of its own size."""
    network = _network(prefix)
    if newbits and int(network.network_address) == 0:
        raise FunctionError(f"{network} begins at the first of all addresses", 0)
    check_elements(len(newbits))
    found: list[Value] = []
    following = int(network.network_address)
    for position, bits in enumerate(newbits, start=1):
        extra = _whole(bits, position)
        length = network.prefixlen + extra
        if not 1 <= extra <= MOST_BITS or length > network.max_prefixlen:
            raise FunctionError(f"{network} cannot be extended by {extra} bits", position)
        size = 1 << (network.max_prefixlen - length)
        start = -(-following // size) * size
        if start + size > int(network.network_address) + network.num_addresses:
            raise FunctionError(f"{network} has no room left for a network of {extra} more bits", position)
        found.append(string(str(_at(network, start, length))))
        following = start + size
    return list_of(STRING, found)
