"""What the room's tests share: the packages, built once; a router to test in."""

import os
import tempfile
from pathlib import Path

import pytest

from host_tests.needs import program, usable
from host_tests.openwrt import router
from tools.build import package
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


@pytest.fixture
def box(parts, net, ipks):
    """A router in the namespace, freshly installed with all packages but LuCI's. Its path is short: unix
    sockets in it have 107 bytes for theirs."""
    with tempfile.TemporaryDirectory(prefix="wbow-") as folder:
        os.chmod(folder, 0o755)  # the agent's user has to pass
        root = Path(folder, "root")
        root.mkdir()
        made = router.Router(router.build(root, ipks.values()), net.router)
        yield made
        made.procd.stop()
        made.logd.close()
