"""The SQLite store: durable, one writer, a fencing token, and a next step in every error (R3, R6-R9, S17, I9)."""

from __future__ import annotations

import os
import resource
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest

from reconciler.errors import LockError, StaleError, StoreError
from reconciler.model.container_definition import HealthCheck
from reconciler.model.routing import Maintenance
from reconciler.model.service import DeploymentConfiguration
from reconciler.model.stack import EnvironmentSource, Output, Secret
from reconciler.model.state import Event, Scaled, State
from reconciler.model.task import ContainerResult, StopCode
from reconciler.model.task_definition import PrivateVolume, SharedVolume
from reconciler.store.sqlite import SqliteStore
from tests.builders import NOW, container, declared, definition, deployment, record, running, stack, state

SHOP = stack(
    declared("web", 3, container(health_check=HealthCheck(command=("CMD", "true"))), after=("db",)),
    declared("db", volumes=(PrivateVolume(name="scratch"), SharedVolume(name="data", source="volume.data"))),
).changed(secrets=(Secret(address="secret.key", source=EnvironmentSource(name="KEY")),))

BETWEEN_WRITES = 0.005
"""Seconds that any real writer leaves to readers many times over: SQLite's waiting is not fair to them."""

FULL = state(
    SHOP,
    serial=0,
    draining=(declared("old", configuration=DeploymentConfiguration(timeout=7))[0],),
    doomed_volumes=("shop-a", "shop-b"),
    deployments=(deployment(is_held=True, retry_at=1.5, images={"a:1": "sha256:a", "b:1": "b:1"}),),
    tasks=(
        record(1, definition=definition(container(command=("migrate",)), volumes=(PrivateVolume(name="v"),))),
        running(2, stop_code=StopCode.USER_INITIATED, containers=(ContainerResult(name="app", exit_code=0),)),
    ),
    events=(Event(number=1, at=NOW, address="service.web", message='ünï "quoted"\nline'),),
    scaled=(Scaled(service="service.web", count=5, declared=3),),
    maintenance=(Maintenance(target_group="target_group.web", message="back soon"),),
    outputs=(Output(name="url", value={"a": [1, None, "x"]}), Output(name="zone", known=False, sensitive=True)),
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    found = SqliteStore(tmp_path / "state", "ada")
    yield found
    found.close()


def again(store: SqliteStore) -> SqliteStore:
    """Return another process's view of the same store."""
    return SqliteStore(store.path.parent, "bob")


def saved(store: SqliteStore, what: State = FULL) -> State:
    lease = store.acquire("shop", "apply", 0)
    found = store.save(what, lease)
    lease.release()
    return found


def in_a_child(act: Callable[[int], None]) -> tuple[int, int]:
    """Run `act` in a forked process, with the end of a pipe to write to; returns its pid and our end."""
    ours, theirs = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(ours)
        try:
            act(theirs)
        finally:
            os._exit(0)
    os.close(theirs)
    return pid, ours


def test_what_is_saved_is_loaded_again_as_it_was(store: SqliteStore) -> None:
    written = saved(store)
    assert written == FULL.changed(serial=1)
    assert store.load("shop") == written
    assert again(store).load("shop") == written


def test_a_stack_that_was_never_saved_has_serial_zero_and_no_file_is_made_for_it(store: SqliteStore) -> None:
    assert store.load("shop") == State(stack_name="shop")
    assert not store.path.exists()


def test_stacks_do_not_see_each_other(store: SqliteStore) -> None:
    saved(store)
    assert store.load("other") == State(stack_name="other")


def test_what_is_gone_from_the_state_is_gone_from_the_file(store: SqliteStore) -> None:
    saved(store)
    emptied = State(stack_name="shop", owner="x")
    assert saved(store, emptied) == emptied.changed(serial=2)
    assert again(store).load("shop") == emptied.changed(serial=2)


def test_only_what_changed_is_written(store: SqliteStore) -> None:
    many = FULL.changed(tasks=tuple(record(number) for number in range(1, 201)))
    lease = store.acquire("shop", "apply", 0)
    before = store.save(many, lease)
    statements: list[str] = []
    store._database.open().set_trace_callback(statements.append)
    tasks = (*before.tasks[:99], before.tasks[99].changed(seen=True), *before.tasks[101:])
    store.save(before.changed(tasks=tasks), lease)
    verbs = [line.split()[0] for line in statements if line.startswith(("INSERT", "DELETE", "UPDATE"))]
    assert sorted(verbs) == ["DELETE", "INSERT", "UPDATE"]
    lease.release()


def test_a_holder_that_was_taken_over_from_cannot_write(store: SqliteStore) -> None:
    first = store.acquire("shop", "apply", 0)
    written = store.save(FULL, first)
    first.release()
    second = again(store).acquire("shop", "destroy", 0)
    assert second.token > first.token
    with pytest.raises(StaleError):
        store.save(written.changed(owner="mine"), first)
    assert again(store).load("shop") == written
    second.release()


def test_a_second_writer_is_told_who_holds_the_stack(store: SqliteStore) -> None:
    lease = store.acquire("shop", "apply", 0)
    with pytest.raises(LockError) as caught:
        again(store).acquire("shop", "destroy", 0)
    text = str(caught.value)
    assert text.startswith(
        f'stack "shop" is locked: apply by ada on {os.uname().nodename} (pid {os.getpid()}), since '
    )
    assert text.endswith(
        "that process is alive.\nWait for it, give --lock-timeout SECONDS to wait here, or take the stack from it: "
        "reconciler force-unlock"
    )
    again(store).acquire("other", "apply", 0).release()
    lease.release()
    lease.release()
    again(store).acquire("shop", "destroy", 0).release()


def test_a_second_writer_waits_for_the_first(store: SqliteStore) -> None:
    def hold(pipe: int) -> None:
        store.acquire("shop", "apply", 0)
        os.write(pipe, b"held")
        signal.pause()

    pid, pipe = in_a_child(hold)
    assert os.read(pipe, 4) == b"held"
    with pytest.raises(LockError, match=f"apply by ada on .* \\(pid {pid}\\)"):
        store.acquire("shop", "apply", 0.15)
    os.kill(pid, signal.SIGKILL)
    store.acquire("shop", "apply", 1.0).release()
    os.waitpid(pid, 0)


def test_writers_never_interleave(store: SqliteStore) -> None:
    """Four processes, ten rounds each: every one reads, adds an event and writes; none is lost (R7)."""

    def add_events(_: int) -> None:
        mine = again(store)
        for _ in range(10):
            lease = mine.acquire("shop", "apply", 30)
            found = mine.load("shop")
            event = Event(number=len(found.events) + 1, at=NOW, address="a", message=str(os.getpid()))
            mine.save(found.changed(events=(*found.events, event)), lease)
            lease.release()

    children = [in_a_child(add_events)[0] for _ in range(4)]
    assert [os.waitpid(pid, 0)[1] for pid in children] == [0] * 4
    found = store.load("shop")
    assert (len(found.events), found.serial) == (40, 40)


@pytest.mark.parametrize("seed", range(20))
def test_a_writer_killed_at_any_moment_corrupts_nothing_and_loses_nothing_it_was_told_was_safe(
    store: SqliteStore, seed: int
) -> None:
    random = Random(seed)

    def write(pipe: int) -> None:
        mine = again(store)
        lease = mine.acquire("shop", "apply", 0)
        found = mine.load("shop")
        for number in range(1, 1000):
            tasks = tuple(record(each, created_at=NOW + number) for each in range(1, number % 40 + 1))
            event = Event(number=number, at=NOW, address="a", message=str(len(tasks)))
            found = mine.save(found.changed(tasks=tasks, events=(event,)), lease)
            os.write(pipe, b".")

    pid, pipe = in_a_child(write)
    safe, wanted = 0, random.randint(1, 30)
    while safe < wanted:
        safe += len(os.read(pipe, random.randint(1, 3)))
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    found = store.load("shop")
    assert found.serial >= safe
    assert found.events[0].message == str(len(found.tasks)), "half of a save is there"
    assert sqlite3.connect(store.path).execute("PRAGMA integrity_check").fetchone() == ("ok",)
    saved(store, found)


def test_a_reader_never_sees_half_of_a_save(store: SqliteStore) -> None:
    def write(_: int) -> None:
        mine = again(store)
        lease = mine.acquire("shop", "apply", 0)
        found = mine.load("shop")
        for number in range(1, 10_000):
            tasks = tuple(record(each, created_at=NOW + number) for each in range(1, number % 20 + 1))
            event = Event(number=1, at=NOW, address="a", message=str(len(tasks)))
            found = mine.save(found.changed(tasks=tasks, events=(event,)), lease)
            time.sleep(BETWEEN_WRITES)

    saved(store, State(stack_name="shop", events=(Event(number=1, at=NOW, address="a", message="0"),)))
    pid, _ = in_a_child(write)
    reader, seen = again(store), []
    while len({each.serial for each in seen}) < 4:
        seen.append(reader.load("shop"))
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    assert [each.events[0].message for each in seen] == [str(len(each.tasks)) for each in seen]


def test_a_full_disk_is_told_and_the_old_state_stays(store: SqliteStore) -> None:
    written = saved(store)

    def fill(pipe: int) -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        mine = again(store)
        lease = mine.acquire("shop", "apply", 0)
        found = mine.load("shop")
        resource.setrlimit(resource.RLIMIT_FSIZE, (store.path.stat().st_size, resource.RLIM_INFINITY))
        try:
            mine.save(found.changed(tasks=tuple(record(number) for number in range(1, 2000))), lease)
        except StoreError as problem:
            os.write(pipe, str(problem).encode())

    pid, pipe = in_a_child(fill)
    told = os.read(pipe, 4096).decode()
    os.waitpid(pid, 0)
    assert told.startswith(f"the state in {store.path} could not be written: ")
    assert told.endswith("; check the disk and the folder's permissions")
    assert again(store).load("shop") == written


def test_a_read_only_state_can_be_read_but_not_written(store: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    written = saved(store)
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    other = again(store)
    assert other.load("shop") == written
    with pytest.raises(StoreError, match=r"could not be locked: attempt to write a readonly database"):
        other.acquire("shop", "apply", 0)


def test_a_state_that_was_read_only_is_written_once_that_is_mended(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved(store)
    other = again(store)
    with monkeypatch.context() as mounted:
        mounted.setattr(os, "access", lambda path, mode: False)
        other.load("shop")
        with pytest.raises(StoreError, match="readonly"):
            other.acquire("shop", "apply", 0)
    other.acquire("shop", "apply", 0).release()


def test_an_older_copy_of_the_file_in_its_place_is_never_mixed_with_what_is_recorded(store: SqliteStore) -> None:
    lease = store.acquire("shop", "watch", 0)
    older = store.save(State(stack_name="shop", owner="me"), lease)
    copy = store.path.read_bytes()
    newer = store.save(older.changed(tasks=(record(1),)), lease)
    store.path.write_bytes(copy)
    with pytest.raises(StaleError):
        store.save(newer.changed(owner="you"), lease)
    assert again(store).load("shop") == older


def test_a_state_of_a_newer_version_is_refused_and_left_as_it_is(store: SqliteStore) -> None:
    saved(store)
    store.close()
    sqlite3.connect(store.path).execute("PRAGMA user_version = 99")
    before = store.path.read_bytes()
    with pytest.raises(StoreError, match=r"written by a newer reconciler \(schema 99\); upgrade this one"):
        again(store).load("shop")
    with pytest.raises(StoreError, match="newer reconciler"):
        again(store).acquire("shop", "apply", 0)
    assert store.path.read_bytes() == before


def test_files_are_for_their_owner_only(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        store = SqliteStore(tmp_path / "deep" / "state")
        store.save(FULL, store.acquire("shop", "apply", 0))
    finally:
        os.umask(before)
    modes = {
        path.name: oct(path.stat().st_mode & 0o777) for path in (store.path.parent, *store.path.parent.iterdir())
    }
    assert modes == {"state": "0o700", "state.db": "0o600", "shop.1.lock": "0o600"}


def test_a_file_that_is_no_database_says_what_to_do(store: SqliteStore) -> None:
    saved(store)
    store.close()
    store.path.write_bytes(b"this is not a database, it is a poem\n" * 100)
    hint = "move the file away: the next plan adopts what runs from its labels"
    with pytest.raises(StoreError, match=hint):
        again(store).load("shop")


def test_an_entry_that_cannot_be_understood_is_a_store_error(store: SqliteStore) -> None:
    saved(store)
    database = sqlite3.connect(store.path)
    database.execute("UPDATE entries SET body = '{\"nonsense\": 1}' WHERE kind = 'tasks'")
    database.commit()
    with pytest.raises(StoreError, match="could not be read"):
        again(store).load("shop")


def test_flipped_bits_are_a_store_error_or_harmless_but_never_a_crash(store: SqliteStore) -> None:
    written = saved(store)
    store.close()
    whole, random = store.path.read_bytes(), Random(7)
    for _ in range(60):
        broken = bytearray(whole)
        for _ in range(random.randint(1, 8)):
            broken[random.randrange(len(broken))] ^= 1 << random.randrange(8)
        store.path.write_bytes(bytes(broken[: random.choice((len(broken), len(broken) // 2))]))
        other = again(store)
        try:
            found = other.load("shop")
        except StoreError:
            continue
        finally:
            other.close()
        assert found.stack_name == written.stack_name
