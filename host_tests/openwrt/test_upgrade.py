# SPDX-License-Identifier: MIT
"""From 0.1.0's three packages, or from today's, to today's: package by package, by opkg and by apk. The name
is published, or somebody says in one line what to do; nothing is ever half of one version and half of
another."""

import itertools
import os

import pytest

from host_tests.openwrt import managers, router, scene
from tools.build import package

pytestmark = pytest.mark.needs_root
FORMER = ["wanbeacon", "wanbeacon-nat", "wanbeacon-import-ddns", "luci-app-wanbeacon"]
TODAY = ["wanbeacon", "luci-app-wanbeacon"]
#: One order in CI: the agent last, as a user who clicks through LuCI's list from the top may do it.
ORDERS = (
    list(itertools.permutations(TODAY))
    if os.environ.get("WANBEACON_NIGHTLY")
    else [("luci-app-wanbeacon", "wanbeacon")]
)


SETTINGS = """config service 'a'
	option enabled '1'
	option service_name 'duckdns'
	option password 'k'
	option domain 'a'
"""


@pytest.fixture(scope="module")
def ours():
    """{"ipk": {name: Package}, "apk": ...} of today."""
    made = {}
    for form, reader in ((package.Format.ipk, managers.from_ipk), (package.Format.apk, managers.from_apk)):
        found = [reader(data) for name, data in package.build(form).items() if name.endswith("." + form)]
        made[str(form)] = {one.name: one for one in found}
    return made


@pytest.fixture
def bare(parts, net):
    """A router without any package of ours."""
    with router.installed([], net.router) as made:
        yield made


def says_one_line(bare):
    """Between two packages: `check` finds nothing wrong, or says in one line what is, and what to do; while
    the agent is 0.1.0's (its files are stand-ins here), all of it still is."""
    if not bare.path("/usr/bin/wanbeacon").read_bytes().startswith(b"#!"):
        assert managers.whole(bare.root, managers.old("wanbeacon")) == []
        return
    file = bare.path("/etc/config/wanbeacon")
    before = file.read_bytes()
    bare.settings(SETTINGS)
    done = bare.ours("check")
    file.write_bytes(before)
    if done.returncode:
        assert len(done.stderr.splitlines()) == 1 and "run: " in done.stderr, done.stderr
    else:
        assert "no fault found" in done.stdout


def publishes(bare, net, lab):
    lab.reset()
    net.set_address(0, net.UPLINKS[0][1])
    with scene.Scene(bare, net, lab) as play:
        play.start(play.service("home", "home.dyndns.org"))
        play.settled("home.dyndns.org")
        assert play.published("home.dyndns.org") == "45.33.7.52" and len(lab.updates) == 1


@pytest.mark.parametrize("order", ORDERS, ids="+".join)
@pytest.mark.parametrize("start", ["0.1.0", "today"])
@pytest.mark.parametrize("form", ["ipk", "apk"])
def test_package_by_package_it_ends_whole_and_publishes(bare, net, lab, ours, form, start, order):
    manager = (managers.Opkg if form == "ipk" else managers.Apk)(bare.root, managers.base())
    manager.install(managers.base()[3])
    manager.install(
        *(
            [managers.old(name) for name in FORMER]
            if start == "0.1.0"
            else [ours[form][name] for name in TODAY]
        )
    )
    for name in order:
        try:
            manager.install(ours[form][name])
        except managers.Refused as refusal:
            # apk, and only it: the former parts are pinned to their files. Nothing has changed; README says
            # which two to delete
            assert (
                form == "apk"
                and start == "0.1.0"
                and name == "wanbeacon"
                and "world[wanbeacon-" in str(refusal)
            )
            assert managers.whole(bare.root, managers.old("wanbeacon")) == []
            says_one_line(bare)
            manager.remove("wanbeacon-nat", "wanbeacon-import-ddns")
            says_one_line(bare)
            manager.install(ours[form][name])
        says_one_line(bare)
    assert set(manager.installed) & {*FORMER, *TODAY} == set(TODAY)
    for name in TODAY:
        assert managers.whole(bare.root, ours[form][name]) == []
    if start == "0.1.0":
        gone = set(managers.OLD["wanbeacon"]["files"]) - set(ours[form]["wanbeacon"].files)
        assert gone and not [path for path in gone if (bare.root / path.lstrip("/")).exists()]
    publishes(bare, net, lab)


def test_opkg_takes_the_interpreter_with_tls_though_another_provides_the_same(tmp_path, ours):
    former = managers.Opkg(tmp_path / "a", managers.base())
    former.install(managers.old("wanbeacon"))
    assert "micropython-nossl" in former.installed, "what happened to 0.1.0: the last by name"
    manager = managers.Opkg(tmp_path / "b", managers.base())
    manager.install(ours["ipk"]["wanbeacon"])
    assert "micropython-mbedtls" in manager.installed and "micropython-nossl" not in manager.installed


def test_the_printed_cure_for_the_wrong_interpreter_works_and_the_short_one_does_not(tmp_path, ours):
    manager = managers.Opkg(tmp_path, managers.base())
    manager.install(managers.base()[4])
    with pytest.raises(managers.Refused, match="conflicts"):
        manager.install(managers.base()[3])
    manager.remove("micropython-nossl")
    manager.install(managers.base()[3])
    manager.install(ours["ipk"]["wanbeacon"])
