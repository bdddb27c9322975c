"""Makes the file system of an image from Debian packages: no registry, no root, nothing installed on this machine.

apt is told that nothing is installed anywhere, so it downloads a package with all it depends on, the C library
included; the files are then taken out of the packages in memory. No package's script is run. Packages may be of
another release of Debian than the machine's own: they come from the same mirror.
"""

from __future__ import annotations

import io
import platform
import re
import shutil
import subprocess
import tarfile
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
_MERGED_INTO_USR = ("bin", "lib", "lib64", "sbin")
_UNWANTED = ("usr/share/doc/*", "usr/share/locale/*", "usr/share/man/*", "usr/lib/*/gconv/*")


class PackagesError(Exception):
    """Packages could not be had; the message holds apt's own words."""


def architecture() -> str:
    """Return the architecture of this machine's packages: amd64, arm64; PackagesError when it has none."""
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        raise PackagesError("the images are made of Debian packages, and apt-get and dpkg-deb are not here")
    return subprocess.check_output(("dpkg", "--print-architecture"), text=True).strip()


def file_system(*packages: str, release: str = "") -> bytes:
    """Make a tar of the packages and everything they depend on; PackagesError when they cannot be had.

    `release` is the code name of another release of Debian, such as `trixie`.
    """
    with TemporaryDirectory() as folder:
        return _merge(_download(packages, Path(folder), release))


def _download(packages: Sequence[str], folder: Path, release: str) -> list[Path]:
    """Download with the machine's own package lists; where those are missing, stale or others', with fresh ones."""
    empty_status = folder / "status"
    empty_status.touch()
    (folder / "archives" / "partial").mkdir(parents=True)
    (folder / "lists" / "partial").mkdir(parents=True)
    options = (
        f"-oDir::State::Status={empty_status}",
        f"-oDir::Cache={folder}",
        "-oDebug::NoLocking=true",
        "-oAPT::Sandbox::User=root",  # do not change to a user who cannot read the folder
        *(_other_release(release, folder) if release else ()),
    )
    fresh_lists = (*options, f"-oDir::State::Lists={folder / 'lists'}")
    install = ("install", "--yes", "--no-install-recommends", "--download-only", *packages)
    if release or _apt_get(*options, *install).returncode != 0:
        _apt_get(*fresh_lists, "update")
        result = _apt_get(*fresh_lists, *install)
        if result.returncode != 0:
            raise PackagesError(f"apt-get cannot download {' '.join(packages)}:\n{result.stdout}")
    return sorted((folder / "archives").glob("*.deb"))


def _other_release(release: str, folder: Path) -> tuple[str, ...]:
    """Return the options with which apt knows that release of Debian alone, on the machine's own mirror."""
    source = folder / "release.list"
    source.write_text(f"deb [signed-by={KEYRING}] {_mirror(release)} {release} main\n")
    return f"-oDir::Etc::SourceList={source}", "-oDir::Etc::SourceParts=/dev/null"


def _mirror(release: str) -> str:
    """Return where this machine's own release of Debian comes from."""
    system = platform.freedesktop_os_release()
    own = system.get("VERSION_CODENAME", "") if system.get("ID") == "debian" else ""
    listed = _apt_get("indextargets", "--format", "$(URI)").stdout
    found = re.search(rf"^(\S+)/dists/{re.escape(own)}/main/", listed, re.MULTILINE) if own else None
    if found is None:
        raise PackagesError(f"this machine's packages are not Debian's, so no mirror is known that has {release}")
    return found[1]


def _apt_get(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = ("apt-get", "--quiet", *arguments)
    return subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )


def _merge(packages: Iterable[Path]) -> bytes:
    """Put the packages' files into one tar, with /bin, /lib, /lib64 and /sbin as links into /usr."""
    merged = io.BytesIO()
    seen: set[str] = set()
    with tarfile.open(fileobj=merged, mode="w") as target:
        for name in _MERGED_INTO_USR:
            target.addfile(symbolic_link(name, f"usr/{name}"))
        for package in packages:
            _copy(package, target, seen)
    return merged.getvalue()


def _copy(package: Path, target: tarfile.TarFile, seen: set[str]) -> None:
    content = subprocess.check_output(("dpkg-deb", "--fsys-tarfile", package))
    with tarfile.open(fileobj=io.BytesIO(content)) as source:
        for entry in source:
            if _is_link_into_usr(entry):
                continue
            entry.name = _merged_name(entry.name)
            if entry.name in seen or _is_unwanted(entry.name):
                continue
            seen.add(entry.name)
            if entry.islnk():
                entry.linkname = _merged_name(entry.linkname)
            target.addfile(entry, source.extractfile(entry) if entry.isreg() else None)


def _is_link_into_usr(entry: tarfile.TarInfo) -> bool:
    """Debian 13 ships /bin and its like as the links that _merge makes."""
    return entry.issym() and entry.name.removeprefix("./") in _MERGED_INTO_USR


def _merged_name(name: str) -> str:
    """`./bin/busybox` -> `usr/bin/busybox`; `./etc` -> `etc`."""
    path = PurePosixPath(name)
    return str("usr" / path if path.parts[:1] and path.parts[0] in _MERGED_INTO_USR else path)


def _is_unwanted(name: str) -> bool:
    return any(PurePosixPath(name).match(pattern) for pattern in _UNWANTED)


def symbolic_link(name: str, to: str) -> tarfile.TarInfo:
    """Describe a symbolic link, for a tar."""
    link = tarfile.TarInfo(name)
    link.type, link.linkname = tarfile.SYMTYPE, to
    return link
