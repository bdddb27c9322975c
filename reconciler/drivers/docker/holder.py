"""The image of a task's namespace holder, written here byte by byte: no registry, no compiler, no libc.

A task's containers share the network namespace of one container that does nothing but stay. Its program is a
static ELF executable of some 150 bytes that asks the kernel to wait for a signal, for ever. It handles none, and
the first process of a container ignores what it does not handle: whoever ends a holder sends SIGKILL.

Rule: standard library only, and the same bytes each time, so that an image made twice is the same image.
"""

from __future__ import annotations

import io
import struct
import tarfile
from typing import Final, Literal

Architecture = Literal["amd64", "arm64"]

HOLDER_IMAGE: Final = "reconciler/holder:1"
"""The image's name. The tag goes up whenever `image_archive` would give other bytes."""

HOLDER_COMMAND: Final = ("/hold",)
"""The image's CMD."""

# At 4 MiB, where linkers put x86-64 executables: above every mmap_min_addr, and a multiple of 64 KiB, the
# largest page size of an arm64 kernel.
_LOAD_ADDRESS: Final = 0x400000
_LARGEST_PAGE: Final = 0x10000
_ELF_HEADER_SIZE: Final = 64
_PROGRAM_HEADER_SIZE: Final = 56

_MACHINE: Final[dict[Architecture, int]] = {"amd64": 62, "arm64": 183}  # EM_X86_64, EM_AARCH64

# x86-64: the number of the system call goes into eax; pause() returns only when a signal was handled.
_AMD64: Final = bytes.fromhex(
    "b822000000"  # start: mov eax, 34     pause
    "0f05"  #              syscall
    "ebf7"  #              jmp start       9 bytes back, counted from the next instruction
)

# AArch64 has no pause: ppoll of no file descriptors, without a time limit, waits just as long. The number
# goes into w8, the arguments into x0..x4. Every instruction is one little-endian word.
_ARM64: Final = struct.pack(
    "<7I",
    0xD2800000,  # start: mov x0, #0       fds = NULL
    0xD2800001,  #        mov x1, #0       nfds = 0
    0xD2800002,  #        mov x2, #0       timeout = NULL, for ever
    0xD2800003,  #        mov x3, #0       sigmask = NULL, so its size in x4 is not read
    0x52800928,  #        mov w8, #73      ppoll
    0xD4000001,  #        svc #0
    0x17FFFFFA,  #        b start          6 words back
)

_CODE: Final[dict[Architecture, bytes]] = {"amd64": _AMD64, "arm64": _ARM64}


def executable(architecture: Architecture) -> bytes:
    """Make the program: an ELF header, one program header that maps the whole file, and the instructions."""
    code = _CODE[architecture]
    code_offset = _ELF_HEADER_SIZE + _PROGRAM_HEADER_SIZE
    size = code_offset + len(code)
    elf_header = struct.pack(
        "<16sHHIQQQIHHHHHH",
        b"\x7fELF\x02\x01\x01",  # 64 bits, little-endian, ELF version 1, System V; zeros to 16 bytes
        2,  # e_type ET_EXEC: loaded where it says
        _MACHINE[architecture],
        1,  # e_version
        _LOAD_ADDRESS + code_offset,  # e_entry
        _ELF_HEADER_SIZE,  # e_phoff: the program header follows this one
        0,  # e_shoff: no sections
        0,  # e_flags
        _ELF_HEADER_SIZE,
        _PROGRAM_HEADER_SIZE,
        1,  # e_phnum
        0,  # e_shentsize
        0,  # e_shnum
        0,  # e_shstrndx
    )
    program_header = struct.pack(
        "<IIQQQQQQ",
        1,  # p_type PT_LOAD
        5,  # p_flags: read and execute
        0,  # p_offset
        _LOAD_ADDRESS,
        _LOAD_ADDRESS,
        size,  # in the file
        size,  # in memory
        _LARGEST_PAGE,
    )
    return elf_header + program_header + code


def image_archive(architecture: Architecture) -> bytes:
    """Make the image's file system as a tar, to be imported with `CMD HOLDER_COMMAND`.

    `run/secrets` is there empty, for the volume of secrets that the holder keeps mounted.
    """
    program = executable(architecture)
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        tar.addfile(_entry("hold", tarfile.REGTYPE, len(program)), io.BytesIO(program))
        tar.addfile(_entry("run", tarfile.DIRTYPE))
        tar.addfile(_entry("run/secrets", tarfile.DIRTYPE))
    return archive.getvalue()


def _entry(name: str, kind: bytes, size: int = 0) -> tarfile.TarInfo:
    """Describe an entry of root's, mode 0755; TarInfo's other defaults (time 0, no names) never vary."""
    entry = tarfile.TarInfo(name)
    entry.type, entry.size, entry.mode = kind, size, 0o755
    return entry
