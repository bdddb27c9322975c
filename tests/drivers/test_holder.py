"""The holder's program waits until it is killed, and its image needs nothing but this project."""

from __future__ import annotations

import io
import platform
import shutil
import signal
import struct
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import cast
from uuid import uuid4

import docker
import pytest

from reconciler.drivers.docker import holder
from reconciler.drivers.docker.holder import Architecture, executable, image_archive

ARCHITECTURES: tuple[Architecture, ...] = ("amd64", "arm64")
HEADERS = 64 + 56


def own_architecture() -> Architecture:
    return cast(Architecture, {"x86_64": "amd64", "aarch64": "arm64"}[platform.machine()])


def ends_only_when_killed(*command: str) -> bool:
    process = subprocess.Popen(command)
    try:
        process.wait(timeout=0.05)
    except subprocess.TimeoutExpired:
        process.kill()
    return process.wait(timeout=10) == -signal.SIGKILL


@pytest.fixture
def program(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    path = tmp_path / "hold"
    path.write_bytes(executable(request.param))
    path.chmod(0o755)
    return path


@pytest.mark.parametrize("program", [own_architecture()], indirect=True)
def test_the_program_of_this_machine_waits_until_it_is_killed(program: Path) -> None:
    assert ends_only_when_killed(str(program))


@pytest.mark.skipif(not shutil.which("qemu-aarch64-static"), reason="an extra: runs arm64 where qemu is there")
@pytest.mark.parametrize("program", ["arm64"], indirect=True)
def test_the_arm64_program_waits_until_it_is_killed(program: Path) -> None:
    assert ends_only_when_killed("qemu-aarch64-static", str(program))


def test_amd64_code_is_pause_in_a_loop() -> None:
    move_eax, system_call, jump_short = b"\xb8", b"\x0f\x05", b"\xeb"
    pause = struct.pack("<I", 34)
    code = move_eax + pause + system_call + jump_short
    back_to_start = struct.pack("<b", -(len(code) + 1))
    assert executable("amd64")[HEADERS:] == code + back_to_start


def test_arm64_code_is_ppoll_in_a_loop() -> None:
    def move(register: int, value: int, *, wide: bool) -> int:  # MOVZ: sf 10 100101 hw=00 imm16 Rd
        return (int(wide) << 31) | (0b10100101 << 23) | (value << 5) | register

    supervisor_call = (0b11010100000 << 21) | 1  # SVC #0: 11010100 000 imm16 000 01
    arguments = [move(register, 0, wide=True) for register in range(4)]
    words = [*arguments, move(8, 73, wide=False), supervisor_call]
    branch = (0b000101 << 26) | (-len(words) & 0x3FFFFFF)  # B: 000101 imm26, counted in words
    assert executable("arm64")[HEADERS:] == struct.pack("<7I", *words, branch)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_headers_map_the_whole_file_and_enter_at_the_code(architecture: Architecture) -> None:
    program = executable(architecture)
    machine = {"amd64": 62, "arm64": 183}[architecture]
    kind, actual_machine, _, entry = struct.unpack_from("<HHIQ", program, 16)
    segment = struct.unpack_from("<IIQQQQQQ", program, 64)
    assert (program[:4], kind, actual_machine, entry) == (b"\x7fELF", 2, machine, 0x400000 + HEADERS)
    assert segment == (1, 5, 0, 0x400000, 0x400000, len(program), len(program), 0x10000)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_image_holds_the_program_and_a_place_for_secrets(architecture: Architecture) -> None:
    with tarfile.open(fileobj=io.BytesIO(image_archive(architecture))) as tar:
        entries = [(entry.name, entry.type, entry.mode, entry.uid, entry.mtime) for entry in tar]
        program = tar.extractfile("hold")
        assert program is not None
        assert program.read() == executable(architecture)
    assert entries == [
        ("hold", tarfile.REGTYPE, 0o755, 0, 0),
        ("run", tarfile.DIRTYPE, 0o755, 0, 0),
        ("run/secrets", tarfile.DIRTYPE, 0o755, 0, 0),
    ]


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_image_is_the_same_bytes_each_time(architecture: Architecture) -> None:
    assert image_archive(architecture) == image_archive(architecture)


def test_making_the_image_needs_only_the_standard_library() -> None:
    load_alone = "import runpy, sys; runpy.run_path(sys.argv[1])['image_archive']('amd64')"
    no_packages = ("-I", "-S")  # isolated from the environment, without site-packages
    subprocess.run([sys.executable, *no_packages, "-c", load_alone, str(holder.__file__)], check=True)


@pytest.fixture
def engine() -> Iterator[docker.DockerClient]:
    client = docker.from_env()
    yield client
    client.close()


@pytest.mark.engine
def test_a_container_of_the_image_runs_until_it_is_killed(engine: docker.DockerClient) -> None:
    architecture = cast(Architecture, engine.version()["Arch"])
    name = f"reconciler-test/holder:{uuid4().hex[:12]}"
    engine.api.import_image_from_data(
        image_archive(architecture), repository=name, changes=[f'CMD ["{holder.HOLDER_COMMAND[0]}"]']
    )
    try:
        container = engine.containers.run(name, detach=True, network_mode="none")
        try:
            container.reload()
            assert container.status == "running"
            container.kill(signal="SIGKILL")
            assert container.wait(timeout=10)["StatusCode"] == 137
        finally:
            container.remove(force=True, v=True)
    finally:
        engine.images.remove(name, force=True)
