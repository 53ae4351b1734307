# SPDX-License-Identifier: MIT
"""The packages, read back by a reader of their formats; built twice; signed, and the signature checked by
openssl."""

import ast
import base64
import gzip
import hashlib
import json
import re
import shutil
import subprocess
import sys

import pytest

from host_tests.needs import absent
from host_tests.openwrt import readers
from tools import ROOT, UserError
from tools.build import manifest, package
from tools.build.openwrt import keys, recipe, sources

EPOCH = 1_700_000_000
FEED = ROOT / "boards/openwrt/wanbeacon/Makefile"
LIB = "/usr/lib/micropython/wanbeacon/"
MODES = {"/etc/config/wanbeacon": 0o600, "/etc/init.d/wanbeacon": 0o755, "/usr/bin/wanbeacon": 0o755}


@pytest.fixture(scope="module", autouse=True)
def epoch():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOURCE_DATE_EPOCH", str(EPOCH))
        yield


@pytest.fixture(scope="module")
def ipks():
    return package.build(package.Format.ipk)


@pytest.fixture(scope="module")
def apks():
    return package.build(package.Format.apk)


@pytest.fixture(scope="module")
def ipk(ipks):
    return readers.read_ipk(next(data for name, data in ipks.items() if name.startswith("wanbeacon_")))


@pytest.fixture(scope="module")
def apk(apks):
    return readers.read_apk(
        next(data for name, data in apks.items() if name.startswith("wanbeacon-" + firmware_version()))
    )


def firmware_version():
    return re.search(r'VERSION = "(.+)"', (ROOT / "firmware/wanbeacon/__init__.py").read_text()).group(1)


def test_ipk_is_laid_out_as_opkg_reads_it(ipk):
    assert ipk.members == ["/debian-binary", "/data.tar.gz", "/control.tar.gz"]
    assert set(ipk.scripts) == {"conffiles", "postinst", "postinst-pkg", "postrm", "prerm"}
    for name in ("postinst", "postinst-pkg", "postrm", "prerm"):
        assert ipk.scripts[name].mode == 0o755 and ipk.scripts[name].data.startswith(b"#!/bin/sh\n")
    assert ipk.scripts["conffiles"].data == b"/etc/config/wanbeacon\n"


def test_ipk_control_says_what_it_is_and_needs(ipk):
    control = ipk.control
    assert control["Package"] == "wanbeacon" and control["Architecture"] == "all"
    assert control["Version"] == firmware_version() + "-r1"
    # by this name: of two packages that provide "micropython" opkg takes the last by name, which has no TLS
    assert set(control["Depends"].split(", ")) == {"libc", "micropython-mbedtls", "ca-bundle"}
    former = {"wanbeacon-nat", "wanbeacon-import-ddns"}
    assert [set(control[key].split(", ")) for key in ("Conflicts", "Replaces", "Provides")] == [former] * 3
    assert control["Require-User"] == "wanbeacon:wanbeacon"
    assert control["License"] == "MIT" and control["SourceDateEpoch"] == str(EPOCH)
    assert int(control["Installed-Size"]) == sum(
        len(f.data) for f in ipk.files.values() if f.data is not None
    )
    assert list(control)[-1] == "Description" and "\n" in control["Description"]


def modes_owners_times(files, owner, folder_time):
    for path, file in files.items():
        assert file.owner == owner, path
        assert file.mtime == (folder_time if file.data is None else EPOCH), path
        assert file.mode == (0o755 if file.data is None else MODES.get(path, 0o644)), path
        parent = path.rsplit("/", 1)[0] or "/"
        assert files[parent].data is None, "%s is in no folder of the package" % path


def test_ipk_modes_owners_and_times(ipk):
    modes_owners_times({path.rstrip("/") or "/": file for path, file in ipk.files.items()}, "0:0", EPOCH)


def test_apk_modes_owners_and_times(apk):
    modes_owners_times(apk.files, "root:root", 0)


def test_both_formats_hold_the_same_files(ipk, apk):
    ours = {path: file.data for path, file in ipk.files.items() if file.data is not None}
    theirs = {path: file.data for path, file in apk.files.items() if file.data is not None}
    lists = {path: theirs.pop(path) for path in list(theirs) if path.startswith("/lib/apk/packages/")}
    assert ours == theirs
    base = "/lib/apk/packages/wanbeacon."
    assert lists[base + "list"].decode().split() == sorted(ours)
    assert lists[base + "conffiles"] == b"/etc/config/wanbeacon\n"
    assert lists[base + "rusers"] == b"wanbeacon:wanbeacon\n"
    digest = hashlib.sha256(ours["/etc/config/wanbeacon"]).hexdigest()
    assert lists[base + "conffiles_static"].decode() == "/etc/config/wanbeacon %s\n" % digest


def test_apk_info_and_scripts(apk):
    info = apk.info
    assert (info["name"], info["version"], info["arch"]) == (
        "wanbeacon",
        firmware_version() + "-r1",
        "noarch",
    )
    assert info["depends"] == sorted(info["depends"]) and set(info["depends"]) == {
        "libc",
        "micropython-mbedtls",
        "ca-bundle",
    }
    assert info["license"] == "MIT" and info["origin"] == "wanbeacon"
    assert info["size"] == sum(len(f.data) for f in apk.files.values() if f.data is not None)
    former = ["wanbeacon-import-ddns", "wanbeacon-nat"]
    assert (
        info["provides"] == [name + "=" + info["version"] for name in former] and info["replaces"] == former
    )
    assert "rm -rf /var/run/wanbeacon" in apk.scripts.pop("post-deinstall")
    for name, script in apk.scripts.items():
        assert script.startswith("#!/bin/sh\n") and 'export pkgname="wanbeacon"' in script, name
    assert "add_group_and_user\ndefault_postinst\n" in apk.scripts["post-install"]
    assert "killall -HUP ubusd" in apk.scripts["post-install"]
    assert "export PKG_UPGRADE=1" in apk.scripts["post-upgrade"]
    assert "default_prerm" in apk.scripts["pre-deinstall"]


def test_code_is_bytecode_of_every_module_that_the_rule_gives_a_router(ipks, ipk):
    assert sorted(name.split("_")[0] for name in ipks if name.endswith(".ipk")) == [
        "luci-app-wanbeacon",
        "wanbeacon",
    ]
    found = {
        path: file.data for path, file in ipk.files.items() if path.startswith(LIB) and file.data is not None
    }
    assert all(raw[:2] == b"M\x06" for raw in found.values())
    assert set(found) == {"/usr/lib/micropython/" + name[:-3] + ".mpy" for name in manifest.modules("router")}
    for path in (
        "observe/ubus",
        "observe/natpmp",
        "observe/stun",
        "openwrt/import_ddns",
        "app/agent",
        "net/wire",
    ):
        assert LIB + path + ".mpy" in found, path
    assert not [path for path in found if "/portal/" in path or "/esp32/" in path]


#: What nothing on a router imports unguarded: each is in a `try` for CPython.
ABSENT = {"wanbeacon/net/cpython.py"}


def test_every_module_that_a_router_imports_is_in_the_package():
    """Imports of all kinds: at the top, inside functions, and by name as a stage ("app.plan")."""
    ours, wanted = set(manifest.modules("router")), set()
    for name in ours:
        for node in ast.walk(ast.parse((ROOT / "firmware" / name).read_text())):
            if isinstance(node, ast.ImportFrom) and node.module.startswith("wanbeacon"):
                for alias in node.names:
                    wanted.update(_files("%s.%s" % (node.module, alias.name)) or _files(node.module))
            elif isinstance(node, ast.Import):
                wanted.update(file for alias in node.names for file in _files(alias.name))
            elif (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and re.fullmatch(r"[a-z_]+\.[a-z0-9_]+", node.value)
            ):
                wanted.update(_files("wanbeacon." + node.value))
    assert len(wanted) > 40 and wanted - ours == ABSENT


def _files(module):
    path = module.replace(".", "/")
    return [name for name in (path + ".py", path + "/__init__.py") if (ROOT / "firmware" / name).exists()]


def test_the_list_of_files_is_true_and_whole(ipk):
    """What /usr/bin/wanbeacon compares before the agent runs."""
    rows = dict(
        reversed(line.split("  ")) for line in ipk.files["/" + sources.SUMS].data.decode().splitlines()
    )
    ours = {
        path[1:]: file.data
        for path, file in ipk.files.items()
        if file.data is not None
        and path.startswith((LIB, "/usr/share/wanbeacon/"))
        and path != "/" + sources.SUMS
    }
    assert rows == {path: hashlib.md5(data).hexdigest() for path, data in ours.items()}


def test_the_data_files_are_whole(ipk):
    share = "/usr/share/wanbeacon/"
    for file in (ROOT / "firmware/catalogue").iterdir():
        if "catalogue/" + file.name in manifest.WITHOUT["router"]:  # what only pages of a board read
            assert share + file.name not in ipk.files
            continue
        assert file.is_dir() or ipk.files[share + file.name].data == file.read_bytes()
    assert ipk.files["/usr/share/doc/wanbeacon/config"].data == ipk.files["/etc/config/wanbeacon"].data
    for line in ipk.files[share + "roots.txt"].data.decode().splitlines():
        name, digest = line.split()
        whole = hashlib.sha256((ROOT / "firmware/catalogue/roots" / (name + ".der")).read_bytes()).hexdigest()
        assert whole.startswith(digest) and len(digest) == sources.DIGEST
    json.loads(ipk.files["/usr/share/acl.d/wanbeacon_acl.json"].data)


def test_no_path_of_the_build_machine_is_in_it(ipk, apk):
    for path, file in [*ipk.files.items(), *apk.files.items()]:
        assert file.data is None or str(ROOT).encode() not in file.data, path


def test_two_builds_are_identical_bytes(ipks, apks, tmp_path):
    assert package.build(package.Format.ipk) == ipks
    assert package.build(package.Format.apk) == apks
    # another process, another folder, another umask, another hash seed
    subprocess.run(
        [sys.executable, "-m", "tools", "package", "--format", "ipk", "--out", str(tmp_path)],
        cwd=ROOT,
        check=True,
        env={
            "PATH": "/usr/bin:/bin",
            "SOURCE_DATE_EPOCH": str(EPOCH),
            "PYTHONHASHSEED": "7",
            "TZ": "Asia/Tokyo",
        },
        umask=0o077,
        stdout=subprocess.DEVNULL,
    )
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == ipks


def test_the_feeds_index_says_what_opkg_needs(ipks):
    text = ipks["Packages"].decode()
    assert gzip.decompress(ipks["Packages.gz"]).decode() == text
    found = [readers.fields(part) for part in text.rstrip("\n").split("\n\n")]
    assert [one["Package"] for one in found] == ["luci-app-wanbeacon", "wanbeacon"]
    for one in found:
        data = ipks[one["Filename"]]
        assert (int(one["Size"]), one["SHA256sum"]) == (len(data), hashlib.sha256(data).hexdigest())
        control = readers.read_ipk(data).control
        assert {key: one[key] for key in control} == control


def test_luci_app_goes_where_luci_looks(ipks):
    found = readers.read_ipk(ipks["luci-app-wanbeacon_%s-r1_all.ipk" % firmware_version()])
    paths = {path for path, file in found.files.items() if file.data is not None}
    assert paths == {
        "/usr/share/luci/menu.d/luci-app-wanbeacon.json",
        "/usr/share/rpcd/acl.d/luci-app-wanbeacon.json",
        "/www/luci-static/resources/view/wanbeacon/status.js",
        "/www/luci-static/resources/view/wanbeacon/settings.js",
        "/www/luci-static/resources/view/status/include/70_wanbeacon.js",
    }
    assert set(found.control["Depends"].split(", ")) == {"libc", "luci-base", "wanbeacon"}
    assert "Require-User" not in found.control and "conffiles" not in found.scripts


def test_the_size_of_the_package(ipks, apks):
    """No limit: printed, so that a jump is seen."""
    for name, data in {**ipks, **apks}.items():
        print("%s: %d bytes" % (name, len(data)))


@pytest.fixture(scope="module")
def compiled():
    return package.recipes()


@pytest.fixture
def ready(compiled, monkeypatch):
    """Signing is looked at here, not compiling: that is done once."""
    monkeypatch.setattr(package, "recipes", lambda: compiled)


@pytest.fixture
def openssl():
    if not shutil.which("openssl"):
        absent("needs openssl")

    def call(*args, **more):
        return subprocess.run(["openssl", *map(str, args)], capture_output=True, check=True, **more).stdout

    return call


def test_the_signature_of_an_apk_is_openssls_own(openssl, ready, tmp_path, apks):
    key, public = tmp_path / "key.pem", tmp_path / "public.pem"
    openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key)
    openssl("ec", "-in", key, "-pubout", "-out", public)
    for name, data in package.build(package.Format.apk, key).items():
        found = readers.read_apk(data)
        assert len(found.signatures) == 1
        block = found.signatures[0]
        point = openssl("ec", "-in", key, "-pubout", "-outform", "DER")[-65:]
        assert block[:2] == b"\x00\x04" and block[2:18] == hashlib.sha512(point).digest()[:16]
        (tmp_path / "sig").write_bytes(block[18:])
        verify = ("dgst", "-sha512", "-verify", public, "-signature", tmp_path / "sig")
        assert openssl(*verify, input=found.signed[0]) == b"Verified OK\n"
        with pytest.raises(subprocess.CalledProcessError):  # and the check can fail
            openssl(*verify, input=found.signed[0][:-1] + b"?")
        assert found.payload == readers.read_apk(apks[name]).payload, "signing changes nothing else"


def usign_key(folder, openssl):
    """A secret key as usign -G writes it, and its public key for openssl."""
    pem = folder / "ed.pem"
    openssl("genpkey", "-algorithm", "ed25519", "-out", pem)
    seed = openssl("pkey", "-in", pem, "-outform", "DER")[-32:]
    public = openssl("pkey", "-in", pem, "-pubout", "-outform", "DER")[-32:]
    number = b"\x01\x02\x03\x04\x05\x06\x07\x08"
    secret = seed + public
    raw = b"EdBK" + bytes(4) + bytes(16) + hashlib.sha512(secret).digest()[:8] + number + secret
    file = folder / "secret.key"
    file.write_text("untrusted comment: private key 0102030405060708\n%s\n" % base64.b64encode(raw).decode())
    openssl("pkey", "-in", pem, "-pubout", "-out", folder / "ed.pub")
    return file


def test_the_signature_of_a_feed_is_usigns(openssl, ready, tmp_path):
    files = package.build(package.Format.ipk, usign_key(tmp_path, openssl))
    comment, line, _ = files["Packages.sig"].decode().split("\n")
    raw = base64.b64decode(line)
    assert (
        comment.startswith("untrusted comment: ")
        and raw[:10] == b"Ed\x01\x02\x03\x04\x05\x06\x07\x08"
        and len(raw) == 74
    )
    (tmp_path / "sig").write_bytes(raw[10:])
    (tmp_path / "data").write_bytes(files["Packages"])
    openssl(
        "pkeyutl",
        "-verify",
        "-rawin",
        "-pubin",
        "-inkey",
        tmp_path / "ed.pub",
        "-sigfile",
        tmp_path / "sig",
        "-in",
        tmp_path / "data",
    )
    assert package.build(package.Format.ipk, tmp_path / "secret.key") == files, (
        "signed feeds are reproducible too"
    )


@pytest.mark.parametrize(
    ("form", "text"), [("apk", "no key at all"), ("ipk", "no key at all"), ("ipk", "untrusted\n!!\n")]
)
def test_a_wrong_key_is_one_line_that_says_how_to_make_one(form, text, tmp_path):
    (tmp_path / "key").write_text(text)
    with pytest.raises(UserError, match="make one: "):
        package.build(package.Format(form), tmp_path / "key")


def test_an_rsa_key_is_refused(openssl, tmp_path):
    openssl("genrsa", "-out", tmp_path / "rsa.pem", "1024")
    with pytest.raises(UserError, match="not a P-256 key"):
        keys.ApkKey(tmp_path / "rsa.pem")


def test_the_makefiles_versions_are_the_firmwares():
    for makefile in (ROOT / "boards/openwrt").glob("*/Makefile"):
        assert "PKG_VERSION:=%s\n" % firmware_version() in makefile.read_text(), makefile


def test_a_makefile_that_lists_a_missing_conffile_is_refused(tmp_path):
    text = FEED.read_text().replace("/etc/config/wanbeacon\nendef", "/etc/config/other\nendef")
    (tmp_path / "feed").mkdir()
    shutil.copytree(FEED.parent / "files", tmp_path / "feed/files")
    (tmp_path / "feed/Makefile").write_text(text)
    package.prepare(tmp_path / "build")
    with pytest.raises(UserError, match="/etc/config/other"):
        recipe.read(tmp_path / "feed/Makefile", tmp_path / "build")
