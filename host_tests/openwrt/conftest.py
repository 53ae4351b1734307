# SPDX-License-Identifier: MIT
"""What the room's tests share: the packages, built once; a router to test in."""

import pytest

from host_tests.needs import program, usable
from host_tests.openwrt import router, scene
from tools.build import package
from tools.lab.lab import Lab
from tools.netlab import namespaces


@pytest.fixture(scope="session")
def ipks():
    """{package: its bytes} of our .ipk files, without LuCI's."""
    built = package.build(package.Format.ipk)
    return {name.split("_")[0]: data for name, data in built.items() if name.startswith("wanbeacon")}


@pytest.fixture(scope="session")
def wanbeacon_ipk(ipks):
    """The bytes of the agent's .ipk."""
    return ipks["wanbeacon"]


@pytest.fixture(scope="session")
def parts():
    """Skips (in CI: fails) without what a router is made of."""
    usable("micropython-amd64")
    for name in ("busybox", "ip", "unshare", "chroot"):
        program(name)


@pytest.fixture(scope="module")
def net(parts):
    """Namespaces with two uplinks."""
    with namespaces.Internet(2) as made:
        yield made


@pytest.fixture(scope="module")
def lab(net):
    """The Dyn personality at an address of the internet's namespace."""
    made = Lab("dyn", accounts=scene.ACCOUNTS, bind=(namespaces.PROVIDER,), names=(namespaces.PROVIDER,))
    namespaces.inside(net.internet, made.start)
    yield made
    made.stop()


@pytest.fixture
def box(parts, net, ipks):
    """A router in the namespace, freshly installed with all packages but LuCI's."""
    with router.installed(ipks.values(), net.router) as made:
        yield made
