"""The user's registry credentials, as the docker command keeps them: configuration files and their helpers."""

from __future__ import annotations


def credentials(repository: str) -> dict[str, str]:
    """Return the header that lets the engine ask for an image; empty when there are no credentials."""
    from docker import auth
    from docker.errors import DockerException

    try:
        registry, _ = auth.resolve_repository_name(repository)
        found = auth.resolve_authconfig(auth.load_config(), registry)
    except DockerException:
        return {}
    return {"X-Registry-Auth": auth.encode_header(found).decode()} if found else {}


def all_credentials() -> dict[str, str]:
    """Return the header that lets a build ask for any image it begins from."""
    from docker import auth
    from docker.errors import DockerException

    try:
        found = auth.load_config().get_all_credentials()
    except DockerException:
        return {}
    return {"X-Registry-Config": auth.encode_header(found).decode()} if found else {}
