"""`apply --no-wait`: what is declared is recorded, and whoever acts on the stack next does it."""

from __future__ import annotations

import json

import pytest

from reconciler.cli.apply import Request, carry_out
from reconciler.engine.session import Options
from tests.scenarios.traffic import ROLLING, web
from tests.site import no_outputs

from .conftest import Place
from .watched_site import WatchedSite, watched_site


@pytest.fixture
def site(place: Place, monkeypatch: pytest.MonkeyPatch) -> WatchedSite:
    """A stack that nobody watches, with nothing applied."""
    return watched_site(place, monkeypatch)


def left(site: WatchedSite, **fields: bool) -> int:
    """Apply two tasks, and wait for nothing."""
    return carry_out(
        site.place,
        Request(
            operation="apply",
            stack=web(2, 1, ROLLING),
            outputs=no_outputs,
            options=Options(),
            lock_timeout=0,
            auto_approve=True,
            waits=False,
            **fields,
        ),
    )


def there(site: WatchedSite) -> int:
    return sum(not each.is_stopped for each in site.site.store.load("shop").tasks)


def test_it_starts_nothing_and_who_comes_next_does(site: WatchedSite, capsys: pytest.CaptureFixture[str]) -> None:
    assert (left(site), there(site)) == (0, 0)
    out, err = capsys.readouterr()
    options = site.place.given.options
    assert out.endswith(f"\nThe apply is recorded. What comes of it: reconciler status{options}\n")
    next_step = f"nothing is started until `reconciler watch{options}` or the next `reconciler apply{options}`"
    assert err == f"Nobody watches this stack: {next_step}.\n"
    site.site.go_on()
    assert there(site) == 2


def test_the_next_apply_of_the_same_files_does_it(site: WatchedSite) -> None:
    left(site)
    site.site.apply(web(2, 1, ROLLING))
    assert there(site) == 2


def test_as_json_the_summary_says_that_it_is_recorded(site: WatchedSite, capsys: pytest.CaptureFixture[str]) -> None:
    left(site, as_json=True)
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (last["type"], last["@message"]) == ("change_summary", "Apply recorded.")
