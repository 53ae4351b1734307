"""The packages, read back by a reader of their formats; built twice; signed, and the signature checked by openssl."""

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
from tools.build import package
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
    return readers.read_apk(next(data for name, data in apks.items() if name.startswith("wanbeacon-" + firmware_version())))


def firmware_version():
    return re.search(r'VERSION = "(.+)"', (ROOT / "firmware/wanbeacon/__init__.py").read_text()).group(1)


def test_ipk_is_laid_out_as_opkg_reads_it(ipk):
    assert ipk.members == ["/debian-binary", "/data.tar.gz", "/control.tar.gz"]
    assert set(ipk.scripts) == {"conffiles", "postinst", "postinst-pkg", "prerm"}
    for name in ("postinst", "postinst-pkg", "prerm"):
        assert ipk.scripts[name].mode == 0o755 and ipk.scripts[name].data.startswith(b"#!/bin/sh\n")
    assert ipk.scripts["conffiles"].data == b"/etc/config/wanbeacon\n"


def test_ipk_control_says_what_it_is_and_needs(ipk):
    control = ipk.control
    assert control["Package"] == "wanbeacon" and control["Architecture"] == "all"
    assert control["Version"] == firmware_version() + "-r1"
    assert set(control["Depends"].split(", ")) == {"libc", "micropython", "ca-bundle"}
    assert control["Require-User"] == "wanbeacon:wanbeacon"
    assert control["License"] == "MIT" and control["SourceDateEpoch"] == str(EPOCH)
    assert int(control["Installed-Size"]) == sum(len(f.data) for f in ipk.files.values() if f.data is not None)
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
    assert (info["name"], info["version"], info["arch"]) == ("wanbeacon", firmware_version() + "-r1", "noarch")
    assert info["depends"] == sorted(info["depends"]) and set(info["depends"]) == {"libc", "micropython", "ca-bundle"}
    assert info["license"] == "MIT" and info["origin"] == "wanbeacon"
    assert info["size"] == sum(len(f.data) for f in apk.files.values() if f.data is not None)
    for name, script in apk.scripts.items():
        assert script.startswith("#!/bin/sh\n") and 'export pkgname="wanbeacon"' in script, name
    assert "add_group_and_user\ndefault_postinst\n" in apk.scripts["post-install"]
    assert "killall -HUP ubusd" in apk.scripts["post-install"]
    assert "export PKG_UPGRADE=1" in apk.scripts["post-upgrade"]
    assert "default_prerm" in apk.scripts["pre-deinstall"]


def test_code_is_bytecode_and_only_what_a_router_needs(ipks):
    code = {}
    for name, data in ipks.items():
        if name.startswith("wanbeacon"):
            files = readers.read_ipk(data).files
            found = {path[len(LIB) : -4]: files[path].data for path in files if path.startswith(LIB) and files[path].data}
            assert all(raw[:2] == b"M\x06" for raw in found.values())
            code[name.split("_")[0]] = set(found)
    assert code == {"wanbeacon": {*sources.PACKAGES["main"], "merged"}, "wanbeacon-nat": set(sources.PACKAGES["nat"]),
                    "wanbeacon-import-ddns": set(sources.PACKAGES["import-ddns"])}


def test_the_parts_are_of_the_same_build_as_the_agent(ipks, apks):
    """They share its short names."""
    for part in ("nat", "import-ddns"):
        name = "wanbeacon-%s" % part
        theirs = readers.read_ipk(ipks["%s_%s-r1_all.ipk" % (name, firmware_version())])
        assert theirs.control["Depends"] == "libc, wanbeacon (=%s-r1)" % firmware_version()
        assert set(theirs.scripts) == {"postinst", "prerm"} and "Require-User" not in theirs.control
        apk = readers.read_apk(apks["%s-%s-r1.apk" % (name, firmware_version())])
        assert apk.info["depends"] == ["libc", "wanbeacon=%s-r1" % firmware_version()]


#: Imports of what another package, or nothing on a router, has: each is in a `try`.
ABSENT = {"main": {"openwrt/import_ddns", "net/cpython"}, "nat": set(), "import-ddns": set()}


def test_every_module_a_package_imports_is_in_it_or_in_the_agents():
    for one, members in sources.PACKAGES.items():
        wanted = set()
        for name in sources.modules(one):
            for node in ast.walk(ast.parse((ROOT / ("firmware/wanbeacon/%s.py" % name)).read_text())):
                if isinstance(node, ast.ImportFrom) and node.module.startswith("wanbeacon"):
                    base = node.module.replace(".", "/")
                    for alias in node.names:
                        full = "%s/%s" % (base, alias.name)
                        file = full if (ROOT / "firmware" / (full + ".py")).exists() else base
                        if (ROOT / "firmware" / file / "__init__.py").exists():
                            file += "/__init__"
                        wanted.add(file[len("wanbeacon/") :])
        assert wanted - {*members, *sources.modules("main")} == ABSENT[one], one


def test_every_module_of_the_firmware_is_in_a_package_or_known_to_be_for_others():
    """A new module would otherwise be missed on a router only."""
    others = {"__main__", "dyndns/__init__", "net/cpython", *("board/" + name for name in (
        "device", "esp32", "lights", "link", "ntp", "rtc"))}
    ours = {str(path.relative_to(ROOT / "firmware/wanbeacon"))[:-3] for path in (ROOT / "firmware/wanbeacon").rglob("*.py")}
    assert {name for name in ours if not name.startswith("portal/")} == others | set(sources.modules())


def test_short_names_can_be_read_again(ipk):
    rows = [re.match(r"(\S+ \S+): (.+)$", line).groups() for line in sources.names().splitlines()]
    known = dict(rows)
    short = next(key for key, name in known.items() if name == "wanbeacon.core.policy.SCHEDULE")
    merged = [key for key, name in rows if name.startswith("wanbeacon.")]
    assert len(merged) == len(set(merged)) > 300, "each name of the merged file stands for one thing"
    assert short.startswith("merged ") and b"SCHEDULE\0" not in ipk.files[LIB + "merged.mpy"].data


def test_the_data_files_are_whole(ipk):
    share = "/usr/share/wanbeacon/"
    assert ipk.files[share + "providers.dat"].data == (ROOT / "firmware/catalogue/providers.dat").read_bytes()
    for line in ipk.files[share + "roots.txt"].data.decode().splitlines():
        name, digest = line.split()
        whole = hashlib.sha256((ROOT / "firmware/catalogue/roots" / (name + ".der")).read_bytes()).hexdigest()
        assert whole.startswith(digest) and len(digest) == package.DIGEST
    json.loads(ipk.files["/usr/share/acl.d/wanbeacon_acl.json"].data)


def test_no_path_of_the_build_machine_is_in_it(ipk, apk):
    for path, file in [*ipk.files.items(), *apk.files.items()]:
        assert file.data is None or str(ROOT).encode() not in file.data, path


def test_two_builds_are_identical_bytes(ipks, apks, tmp_path):
    assert package.build(package.Format.ipk) == ipks
    assert package.build(package.Format.apk) == apks
    # another process, another folder, another umask, another hash seed
    subprocess.run([sys.executable, "-m", "tools", "package", "--format", "ipk", "--out", str(tmp_path)], cwd=ROOT, check=True,
                   env={"PATH": "/usr/bin:/bin", "SOURCE_DATE_EPOCH": str(EPOCH), "PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo"},
                   umask=0o077, stdout=subprocess.DEVNULL)
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == ipks


def test_the_feeds_index_says_what_opkg_needs(ipks):
    text = ipks["Packages"].decode()
    assert gzip.decompress(ipks["Packages.gz"]).decode() == text
    found = [readers.fields(part) for part in text.rstrip("\n").split("\n\n")]
    assert [one["Package"] for one in found] == ["luci-app-wanbeacon", "wanbeacon", "wanbeacon-import-ddns", "wanbeacon-nat"]
    for one in found:
        data = ipks[one["Filename"]]
        assert (int(one["Size"]), one["SHA256sum"]) == (len(data), hashlib.sha256(data).hexdigest())
        control = readers.read_ipk(data).control
        assert {key: one[key] for key in control} == control


def test_luci_app_goes_where_luci_looks(ipks):
    found = readers.read_ipk(ipks["luci-app-wanbeacon_%s-r1_all.ipk" % firmware_version()])
    paths = {path for path, file in found.files.items() if file.data is not None}
    assert paths == {
        "/usr/share/luci/menu.d/luci-app-wanbeacon.json", "/usr/share/rpcd/acl.d/luci-app-wanbeacon.json",
        "/www/luci-static/resources/view/wanbeacon/status.js", "/www/luci-static/resources/view/wanbeacon/settings.js",
    }
    assert set(found.control["Depends"].split(", ")) == {"libc", "luci-base", "wanbeacon"}
    assert "Require-User" not in found.control and "conffiles" not in found.scripts


def test_the_size_of_the_package(ipks, apks):
    for files, name in ((ipks, "wanbeacon_%s-r1_all.ipk"), (apks, "wanbeacon-%s-r1.apk")):
        size = len(files[name % firmware_version()])
        print("%s: %d bytes" % (name % firmware_version(), size))
        assert size < package.PACKAGE_MAX, name


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
    assert comment.startswith("untrusted comment: ") and raw[:10] == b"Ed\x01\x02\x03\x04\x05\x06\x07\x08" and len(raw) == 74
    (tmp_path / "sig").write_bytes(raw[10:])
    (tmp_path / "data").write_bytes(files["Packages"])
    openssl("pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", tmp_path / "ed.pub", "-sigfile", tmp_path / "sig",
            "-in", tmp_path / "data")
    assert package.build(package.Format.ipk, tmp_path / "secret.key") == files, "signed feeds are reproducible too"


@pytest.mark.parametrize(("form", "text"), [("apk", "no key at all"), ("ipk", "no key at all"), ("ipk", "untrusted\n!!\n")])
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
