"""/usr/bin/wanbeacon and the init script under busybox's ash, in a root file system out of the package."""

import json
import socket

import pytest

from host_tests.openwrt import router
from host_tests.openwrt.router import PROGRAM, UID, owner

pytestmark = pytest.mark.needs_root

SETTINGS = """config wanbeacon 'main'
	option enabled '1'

config service 'home'
	option enabled '1'
	option service_name 'dyn'
	option username 'demo'
	option password 'it'\\''s secret'
	option domain 'demo.dyndns.org'
	option interface 'wan'
"""
DUMP = {"interface": [{"interface": "wan", "up": True, "l3_device": "pppoe-wan", "proto": "pppoe"}]}


def test_version_and_help(box):
    done = box.ours("--version")
    assert (done.returncode, done.stdout) == (0, "wanbeacon 0.1.0\n")
    done = box.ours("help")
    assert done.returncode == 0
    for word in ("status", "check", "update", "retry", "pause", "resume", "providers", "import-ddns", "run"):
        assert word in done.stdout
    done = box.ours("frobnicate")
    assert done.returncode == 2 and done.stdout == "" and done.stderr.startswith("usage:")
    assert box.ours().returncode == 2


def test_providers_come_from_the_packages_catalogue(box):
    done = box.ours("providers")
    assert done.returncode == 0 and {"dyn", "noip", "duckdns"} <= set(done.stdout.split())


def test_micropython_without_tls_is_refused_with_the_name_of_the_package(box):
    router.micropython(box.root, tls=False)
    for word in ("run", "check", "status", "providers"):
        done = box.ours(word)
        assert done.returncode == 1
        assert done.stderr == ("wanbeacon: this MicroPython has no TLS (package micropython-nossl); "
                               "run: opkg install micropython-mbedtls\n")
    box.path("/usr/bin/apk").write_text("#!/bin/sh\n")
    box.path("/usr/bin/apk").chmod(0o755)
    assert box.ours("run").stderr.endswith("run: apk add micropython-mbedtls\n")
    box.settings(SETTINGS)
    box.procd.call("start")
    assert box.procd.service()["params"] == {}
    assert "daemon.err wanbeacon: wanbeacon: this MicroPython has no TLS" in box.path("/tmp/log").read_text()


def test_root_does_not_run_the_agent_and_so_leaves_nothing_in_the_services_way(box):
    done = box.ours("run")
    assert done.returncode == 1 and done.stderr == "wanbeacon: the agent runs as its own user; run: service wanbeacon start\n"
    assert not box.path("/tmp/run/wanbeacon").exists() and not box.path("/etc/wanbeacon").exists()


def test_no_micropython_at_all(box):
    box.path("/usr/bin/micropython").unlink()
    done = box.ours("run")
    assert done.returncode == 1
    assert done.stderr == "wanbeacon: MicroPython is not installed; run: opkg install micropython-mbedtls\n"


def test_no_ca_bundle_is_one_line_with_the_packages_name(box):
    box.settings(SETTINGS)
    box.procd.call("start")
    box.procd.stop()
    router.bundle(box.root, [])
    done = box.ours("run", user="%d:%d" % (UID, UID))
    assert done.returncode == 1 and done.stderr.count("\n") == 1
    assert "install the package ca-bundle" in done.stderr
    box.path("/etc/ssl/certs/ca-certificates.crt").unlink()
    assert "install the package ca-bundle" in box.ours("run", user="%d:%d" % (UID, UID)).stderr


def test_a_damaged_package_is_one_line_that_names_the_file(box):
    box.settings(SETTINGS)
    box.path("/etc/config/ddns").write_text("config ddns 'global'\n")
    box.procd.call("start")
    box.procd.stop()
    for damage in (lambda file: file.write_bytes(bytes(range(128, 256))), lambda file: file.unlink()):
        for name, words in (("roots.txt", ("run",)), ("providers.dat", ("check", "providers", "import-ddns"))):
            file = box.path("/usr/share/wanbeacon/" + name)
            kept = file.read_bytes() if file.exists() else b""
            damage(file)
            for word in words:
                done = box.ours(word, user="%d:%d" % ((UID, UID) if word == "run" else (0, 0)))
                assert (done.returncode, done.stderr.count("\n")) == (1, 1) and str(name) in done.stderr, (word, done.stderr)
            file.write_bytes(kept)
    box.sh("rm -rf /var/run/wanbeacon/roots; mkdir -m 755 /var/run/wanbeacon/roots")
    assert box.ours("run", user="%d:%d" % (UID, UID)).stderr == (
        "wanbeacon: cannot make the CA roots in /var/run/wanbeacon/roots (permission denied)\n")


def test_check_names_every_fault_with_its_line_and_option(box):
    box.settings(SETTINGS + "\toption use_ipv6 'maybe'\n\toption frob '1'\nconfig service 'b'\n\toption enabled 1\n")
    done = box.ours("check")
    assert done.returncode == 1 and done.stdout == ""
    lines = done.stderr.splitlines()
    assert len(lines) == 4 and all(line.startswith("/etc/config/wanbeacon line ") for line in lines)
    assert "line 11, section 'home', option 'use_ipv6'" in done.stderr
    assert "section 'b': says no domain" in done.stderr
    assert "secret" not in done.stderr
    assert not list(box.path("/tmp").glob("wanbeacon.*")), "files left behind"


def test_check_leads_the_agents_own_complaints_back_to_the_section(box):
    box.settings(SETTINGS.replace("'demo.dyndns.org'", "'demo,x.dyndns.org'") + "\toption mx '%s'\n" % ("m" * 300))
    done = box.ours("check")
    assert done.returncode == 1
    assert "/etc/config/wanbeacon line 8, section 'home', option 'domain'" in done.stderr or "option 'mx'" in done.stderr
    box.settings(SETTINGS + "\toption cacert '/etc/ssl/certs.pem'\n")
    box.settings(SETTINGS + "\toption cacert '/root/mine.pem'\n")
    box.path("/root/mine.pem").write_text("-----BEGIN CERTIFICATE-----\n")
    done = box.ours("check")
    assert "line 11, section 'home', option 'cacert': /root/mine.pem is PEM; make it DER: openssl x509" in done.stderr


def test_check_of_good_settings_then_asks_for_the_agent(box):
    box.settings(SETTINGS)
    done = box.ours("check")
    assert done.stdout == ("/etc/config/wanbeacon: no fault found\n"
                           "the agent is not running yet; run: service wanbeacon start\n")
    assert done.returncode == 0 and done.stderr == ""
    box.settings(SETTINGS.replace("enabled '1'", "enabled '0'"))
    done = box.ours("check")
    assert done.returncode == 1 and "nothing is switched on" in done.stderr


def test_check_says_which_options_have_no_effect_and_what_is_unwise(box):
    box.settings(SETTINGS + "\toption force_interval '24'\n\toption server 'http://dyn.lan'\n")
    done = box.ours("check")
    assert done.returncode == 0, done.stderr
    assert "note: /etc/config/wanbeacon line 11, section 'home', option 'force_interval': not used: " in done.stdout
    assert "note: /etc/config/wanbeacon line 12, section 'home', option 'server': the password travels without" in done.stdout
    done = box.run("/bin/ash", "/etc/rc.common", "/etc/init.d/wanbeacon", "start")
    assert (done.stdout, done.stderr) == ("", ""), "the start says faults only"


# a second account that no agent would start with
REFUSED = (
    ("option username ''", "option 'username': missing; noip needs a user name"),
    ("option server 'https://h.example/path'", "option 'server': should be host or host:port"),
    ("option auth 'bearer'", "option 'auth': noip has only basic"),
    ("option service_name ''\n\toption update_url 'https://h.example/?ip=[IP]&n=my router'", "option 'update_url': a blank"),
    ("option service_name 'namecheap'\n\toption use_ipv6 '1'", "option 'domain': b.ddns.net: namecheap keeps A records only"),
)


def test_what_the_agent_would_not_start_with_is_a_fault_of_its_section_and_the_running_one_goes_on(box):
    box.settings(SETTINGS)
    box.procd.call("start")
    config = box.path("/tmp/run/wanbeacon/config.json")
    before = config.read_bytes()
    for text, wanted in REFUSED:
        box.settings(SETTINGS + "config service 'two'\n\toption enabled '1'\n\toption service_name 'noip'\n"
                     "\toption username 'u'\n\toption password 'p'\n\toption domain 'b.ddns.net'\n\t" + text + "\n")
        done = box.ours("check")
        assert done.returncode == 1 and done.stderr.count("\n") == 1, done.stderr
        assert "section 'two', " + wanted in done.stderr, done.stderr
        box.procd.call("reload")
        assert config.read_bytes() == before


def test_start_tells_procd_all_it_needs_and_hides_the_password(box):
    box.settings(SETTINGS)
    box.path("/tmp/dump.json").write_text(json.dumps(DUMP))
    done = box.run("/bin/ash", "/etc/rc.common", "/etc/init.d/wanbeacon", "start")
    assert done.returncode == 0 and done.stderr == "" and done.stdout == ""
    service = box.procd.service()
    assert service["params"] == {
        "command": [PROGRAM, "run"], "file": ["/var/run/wanbeacon/config.json"], "respawn": ["3600", "10", "0"],
        "stdout": ["1"], "stderr": ["1"], "user": ["wanbeacon"], "group": ["wanbeacon"], "no_new_privs": ["1"],
        "term_timeout": ["10"],
    }
    assert ["config.change", "wanbeacon"] in service["triggers"]
    assert ["interface.*", "wan", "/etc/init.d/wanbeacon", "reload"] in service["triggers"]
    run = box.path("/tmp/run/wanbeacon")
    assert owner(run) == (UID, UID, 0o750)
    assert owner(box.path("/etc/wanbeacon")) == (UID, UID, 0o750)
    assert owner(run / "config.json") == (UID, UID, 0o400)
    account = json.loads((run / "config.json").read_text())["accounts"][0]
    assert account["password"] == "it's secret" and account["bind"] == "pppoe-wan"
    assert [p.name for p in box.path("/tmp/run").iterdir()] == ["wanbeacon"], "a file with the password was left behind"


def test_the_agents_user_cannot_make_root_write_elsewhere(box):
    box.settings(SETTINGS)
    box.procd.call("start")
    box.procd.stop()
    target = box.path("/etc/precious")
    target.write_text("as it was")
    config = box.path("/tmp/run/wanbeacon/config.json")
    config.unlink()
    config.symlink_to("/etc/precious")
    box.run("/bin/ash", "/etc/rc.common", "/etc/init.d/wanbeacon", "start")
    assert target.read_text() == "as it was" and owner(target)[0] == 0
    assert not config.is_symlink() and owner(config) == (UID, UID, 0o400)


def test_nothing_is_started_when_nothing_is_switched_on(box):
    for text in (SETTINGS.replace("'1'", "'0'", 1), SETTINGS.replace("'home'\n\toption enabled '1'", "'home'\n\toption enabled '0'")):
        box.settings(SETTINGS)
        box.run("/bin/ash", "/etc/rc.common", "/etc/init.d/wanbeacon", "start")
        assert box.path("/tmp/run/wanbeacon/config.json").exists()
        box.settings(text)
        box.run("/bin/ash", "/etc/rc.common", "/etc/init.d/wanbeacon", "reload")
        assert box.procd.service()["params"] == {}
        assert not box.path("/tmp/run/wanbeacon/config.json").exists()


def test_a_fault_at_the_first_start_is_logged_and_nothing_runs(box):
    box.settings(SETTINGS + "\toption frob '1'\n")
    box.run("/bin/ash", "/etc/rc.common", "/etc/init.d/wanbeacon", "start")
    assert box.procd.service()["params"] == {}
    assert "daemon.err wanbeacon: /etc/config/wanbeacon line 11, section 'home', option 'frob'" in box.path("/tmp/log").read_text()


def test_a_fault_at_a_reload_leaves_the_settings_of_before(box):
    box.settings(SETTINGS)
    box.run("/bin/ash", "/etc/rc.common", "/etc/init.d/wanbeacon", "start")
    config = box.path("/tmp/run/wanbeacon/config.json")
    before = config.read_bytes()
    box.settings(SETTINGS.replace("demo.", "other.") + "\toption frob '1'\n")
    box.run("/bin/ash", "/etc/rc.common", "/etc/init.d/wanbeacon", "reload")
    assert box.procd.service()["params"]["command"] == [PROGRAM, "run"]
    assert config.read_bytes() == before
    assert "goes on with the settings of before" in box.path("/tmp/log").read_text()


def test_the_shipped_settings_start_nothing_and_have_no_fault(box):
    box.run("/bin/ash", "/etc/rc.common", "/etc/init.d/wanbeacon", "start")
    assert box.procd.service()["params"] == {}
    assert not box.path("/tmp/log").exists() or box.path("/tmp/log").read_text() == ""
    text = box.path("/etc/config/wanbeacon").read_text()
    box.settings(text.replace("option enabled '0'", "option enabled '1'", 1))
    assert "no fault found" in box.ours("check").stdout


def test_every_commented_example_of_the_shipped_settings_is_understood(box):
    """Each #option switched on alone gives settings without a fault."""
    lines = box.path("/etc/config/wanbeacon").read_text().replace("option enabled '0'", "option enabled '1'", 1).splitlines()
    examples = [i for i, line in enumerate(lines) if line.lstrip().startswith(("#option", "#list"))]
    service = next(i for i, line in enumerate(lines) if line.startswith("config service"))
    assert len(examples) >= 6
    for i in examples:
        box.settings("\n".join([*lines[:i], lines[i].replace("#", "", 1), *lines[i + 1:]]))
        assert "no fault found" in box.ours("check").stdout, lines[i]
    tail = [line for line in lines[service:] if line.startswith("#\toption")]
    loose = [line[1:].split("\t") for line in tail if "update_url" not in line]
    groups = [["ip_source 'network'", "ip_network 'wan'"], ["ip_source 'web'", "ip_url 'https://api.ipify.org'"],
              ["ip_source 'natpmp'"], ["server 'members.dyndns.org:8245'"], ["allow_private '1'"]]
    for group in groups:
        assert all(any("option " + one in "\t".join(words) for words in loose) for one in group), group
        text = "\n".join([*lines[:service + 11], *("\toption " + one for one in group)]) + "\n"
        box.settings(text)
        assert "no fault found" in box.ours("check").stdout, group


def test_import_ddns_shows_then_writes_settings_that_are_right(box):
    box.path("/etc/config/ddns").write_text(
        "config service 'my4'\n option enabled 1\n option service_name 'no-ip.com'\n option domain 'a.ddns.net'\n"
        " option username 'me'\n option password 'hunter2'\n option frob '1'\n")
    before = box.path("/etc/config/wanbeacon").read_bytes()
    done = box.ours("import-ddns")
    assert done.returncode == 4 and "NOT taken over" in done.stdout and "hunter2" not in done.stdout + done.stderr
    assert box.path("/etc/config/wanbeacon").read_bytes() == before
    for words in ("ddns --write", "--write ddns"):
        box.path("/etc/config/wanbeacon").write_bytes(before)
        done = box.sh("cd /etc/config && /usr/bin/wanbeacon import-ddns " + words)
        assert done.returncode == 4, done.stderr
    assert done.returncode == 4 and "service ddns disable" in done.stdout
    assert owner(box.path("/etc/config/wanbeacon")) == (0, 0, 0o600)
    assert "no fault found" in box.ours("check").stdout
    assert box.ours("import-ddns", "--write").returncode == 1, "the name is taken now"


def test_a_strangers_folder_is_not_where_code_comes_from(box):
    """micropython puts the current folder first on its path; root may stand in one that others can write."""
    evil = box.path("/tmp/evil/wanbeacon")
    evil.mkdir(parents=True)
    (evil / "__init__.py").write_text("print('evil')\n")
    (evil.parent / "tls.py").write_text("print('evil')\n")
    done = box.sh("cd /tmp/evil && /usr/bin/wanbeacon --version")
    assert "evil" not in done.stdout and done.returncode == 0


def test_what_is_a_package_of_its_own_is_said_when_it_is_wanted(box, ipks):
    for name in ("wanbeacon-nat", "wanbeacon-import-ddns"):
        router.remove(box.root, ipks[name])
    done = box.ours("import-ddns")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "wanbeacon: import-ddns is not installed; install the package wanbeacon-import-ddns\n"
    box.settings(SETTINGS + "\tlist ip_source 'network'\n\tlist ip_source 'pcp'\n")
    done = box.ours("check")
    assert done.returncode == 1
    assert done.stderr == ("/etc/config/wanbeacon line 11, section 'home', option 'ip_source': the source pcp is not installed; "
                           "install the package wanbeacon-nat\n")
    box.settings(SETTINGS.replace("\toption interface 'wan'\n", ""))  # "auto"
    assert box.ours("check").stdout.startswith("/etc/config/wanbeacon: no fault found\n")


def test_settings_of_before_that_name_a_source_taken_away_since(box, ipks):
    box.settings(SETTINGS + "\toption ip_source 'pcp'\n")
    box.procd.call("start")
    box.procd.stop()
    router.remove(box.root, ipks["wanbeacon-nat"])
    done = box.ours("run", user="%d:%d" % (UID, UID))
    assert done.returncode == 1 and done.stderr.count("\n") == 1 and done.stderr.endswith("; install the package wanbeacon-nat\n")


def test_the_packages_scripts_under_ash(box, wanbeacon_ipk):
    from host_tests.openwrt import readers

    scripts = readers.read_ipk(wanbeacon_ipk).scripts
    for name, file in scripts.items():
        path = box.path("/tmp/" + name)
        path.write_bytes(file.data)
        path.chmod(0o755)
    assert box.sh("PKG_SCRIPT=/tmp/postinst-pkg /tmp/postinst configure").returncode == 0
    assert box.sh("/tmp/prerm remove").returncode == 0
    assert box.path("/tmp/calls").read_text().splitlines() == [
        "default_postinst postinst ", "killall -HUP ubusd", "default_prerm prerm "]
    assert box.sh("IPKG_INSTROOT=/nowhere sh /tmp/postinst-pkg").returncode == 0
    assert "killall" not in box.path("/tmp/calls").read_text().splitlines()[-1]


def test_sysupgrade_keeps_the_journal(box):
    listed = box.path("/lib/upgrade/keep.d/wanbeacon").read_text().split()
    box.settings(SETTINGS)
    box.run("/bin/ash", "/etc/rc.common", "/etc/init.d/wanbeacon", "start")
    assert listed == ["/etc/wanbeacon/"] and box.path(listed[0]).is_dir()


@pytest.mark.parametrize("action", ["stratum", "step", "periodic"])
def test_the_ntp_hook_wakes_the_agent_once_the_clock_is_set(box, action):
    box.path("/tmp/run/wanbeacon").mkdir()
    box.path("/usr/bin/wanbeacon").write_text('#!/bin/sh\necho "$*" >>/tmp/calls\n')
    script = "( . /etc/hotplug.d/ntp/50-wanbeacon ); wait; sleep 0.2"
    assert box.sh("ACTION=%s; %s" % (action, script)).returncode == 0
    assert not box.path("/tmp/calls").exists(), "no agent runs"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(box.path("/tmp/run/wanbeacon/control")))
        box.sh("ACTION=%s; %s" % (action, script))
    called = box.path("/tmp/calls").read_text() if box.path("/tmp/calls").exists() else ""
    assert called == ("" if action == "periodic" else "look\n")
