# SPDX-License-Identifier: MIT
"""`ip_source 'script'` as the agent's user runs it on a router, whose busybox has fewer programs than a
Debian's."""

import pytest

from host_tests.openwrt import router

pytestmark = pytest.mark.needs_root
READ = (
    "import asyncio; from wanbeacon.observe import command; command.LIMIT_S = 1; "
    "print(asyncio.run(command.Observer({'command': %r}, None).read(4)))"
)


def read(box, command):
    """What the source says of a command, as text."""
    done = box.run("/usr/bin/micropython", "-c", READ % command, user="%d:%d" % (router.UID, router.UID))
    assert done.returncode == 0 and done.stderr == "", done.stderr
    return done.stdout


def test_a_script_is_run_and_one_that_hangs_is_ended(box):
    assert box.sh("command -v timeout || command -v busybox").stdout == "/bin/busybox\n"
    assert read(box, "echo 45.33.7.7") == "(1, %r, ('command.found',))\n" % b"-!\x07\x07"
    assert "('command.status', 3)" in read(box, "exit 3")
    assert "('command.status', 127)" in read(box, "/nowhere/x")
    assert "('command.slow', 1)" in read(box, "exec sleep 77")
    assert "sleep 77" not in box.sh("ps").stdout
