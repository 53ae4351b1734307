# SPDX-License-Identifier: MIT
"""/usr/bin/wanbeacon and the init script under busybox's ash, in a root file system out of the package."""

import json
import re
import socket

import pytest
from wanbeacon import VERSION
from wanbeacon.app import commands
from wanbeacon.board import linux

from host_tests.openwrt import readers, router
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


def test_version_and_help(box):
    done = box.ours("--version")
    assert (done.returncode, done.stdout) == (0, "wanbeacon %s\n" % VERSION)
    done = box.ours("help")
    assert done.returncode == 0
    for word in ("status", "check", "update", "retry", "pause", "resume", "providers", "import-ddns", "run"):
        assert word in done.stdout
    done = box.ours("frobnicate")
    assert done.returncode == 2 and done.stdout == "" and done.stderr.startswith("usage:")
    assert box.ours().returncode == 2


def test_every_command_of_the_agent_is_one_of_the_routers(box):
    """Whatever a running agent answers can be asked here, and help names it; only a board upgrades itself."""
    shown = box.ours("help").stdout
    for word in sorted(set(commands._COMMANDS) - {"upgrade", "check"}):
        done = box.ours(word)
        assert (done.returncode, done.stderr) == (
            1,
            "wanbeacon: the agent is not running; run: service wanbeacon start\n",
        ), word
        assert re.search(r"^  (\w+, )?%s\b" % word, shown, re.M), word


def test_providers_come_from_the_packages_catalogue(box):
    done = box.ours("providers")
    assert done.returncode == 0 and {"dyn", "noip", "duckdns"} <= set(done.stdout.split())


def test_micropython_without_tls_is_refused_with_the_name_of_the_package(box):
    router.micropython(box.root, tls=False)
    for word in ("run", "check", "status", "providers"):
        done = box.ours(word)
        assert done.returncode == 1
        assert done.stderr == (
            "wanbeacon: this MicroPython has no TLS; run: opkg remove --force-depends micropython-nossl; "
            "opkg install micropython-mbedtls; service wanbeacon start\n"
        )
    box.path("/usr/bin/apk").write_text("#!/bin/sh\n")
    box.path("/usr/bin/apk").chmod(0o755)
    assert box.ours("run").stderr.endswith(
        "run: apk del micropython-nossl; apk add micropython-mbedtls; service wanbeacon start\n"
    )
    box.settings(SETTINGS)
    box.procd.call("start")
    assert box.procd.service()["params"] == {}
    assert "daemon.err wanbeacon: wanbeacon: this MicroPython has no TLS" in box.path("/tmp/log").read_text()


def test_root_does_not_run_the_agent_and_so_leaves_nothing_in_the_services_way(box):
    done = box.ours("run")
    assert (
        done.returncode == 1
        and done.stderr == "wanbeacon: the agent runs as its own user; run: service wanbeacon start\n"
    )
    assert not box.path("/tmp/run/wanbeacon").exists() and not box.path("/etc/wanbeacon").exists()


def test_no_micropython_at_all(box):
    box.path("/usr/bin/micropython").unlink()
    done = box.ours("run")
    assert done.returncode == 1
    assert done.stderr == (
        "wanbeacon: MicroPython is not installed; run: opkg install micropython-mbedtls; "
        "service wanbeacon start\n"
    )


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
        for name, words in (
            ("roots.txt", ("run",)),
            ("providers.dat", ("check", "import-ddns", "providers noip")),
            ("names.txt", ("providers", "providers noip")),
        ):
            file = box.path("/usr/share/wanbeacon/" + name)
            kept = file.read_bytes() if file.exists() else b""
            damage(file)
            for word in words:
                done = box.ours(*word.split(), user="%d:%d" % ((UID, UID) if word == "run" else (0, 0)))
                assert (done.returncode, done.stderr.count("\n")) == (1, 1) and str(name) in done.stderr, (
                    word,
                    done.stderr,
                )
            file.write_bytes(kept)
    box.sh("rm -rf /var/run/wanbeacon/roots; mkdir -m 755 /var/run/wanbeacon/roots")
    assert box.ours("run", user="%d:%d" % (UID, UID)).stderr == (
        "wanbeacon: cannot make the CA roots in /var/run/wanbeacon/roots (permission denied)\n"
    )


LIB = "/usr/lib/micropython/wanbeacon/"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda box: box.path(LIB + "net/wire.mpy").write_bytes(b"M\x06old"),
            "net/wire.mpy is missing or of another version",
        ),
        (
            lambda box: box.path(LIB + "app/agent.mpy").unlink(),
            "app/agent.mpy is missing or of another version",
        ),
        (
            lambda box: box.path(LIB + "merged.mpy").write_bytes(b"M\x06old"),
            "merged.mpy is not part of this version",
        ),
        (
            lambda box: box.path(LIB + "app/agent.py").write_text("boom"),
            "app/agent.py is not part of this version",
        ),
        (
            lambda box: box.path("/usr/share/wanbeacon/files.md5").unlink(),
            "/usr/share/wanbeacon/files.md5 is missing",
        ),
    ],
    ids=["another", "missing", "left over", "source", "no list"],
)
def test_a_foreign_or_half_upgraded_set_of_files_is_recognized_at_start_and_by_check(box, change, said):
    """One line that names the file and the cure, in the log too; and nothing of it is run."""
    box.settings(SETTINGS)
    change(box)
    for word in ("check", "run"):
        done = box.ours(word, user="%d:%d" % ((UID, UID) if word == "run" else (0, 0)))
        assert (done.returncode, done.stderr.count("\n")) == (1, 1) and said in done.stderr, done.stderr
        assert done.stderr.endswith("run: opkg install --force-reinstall wanbeacon\n")
    box.procd.call("start")
    assert box.procd.service()["params"] == {} and said in box.path("/tmp/log").read_text()


def test_the_command_of_0_1_0_over_todays_modules_is_recognized_too(box):
    """An unpacking that broke off: that command gave the modules a third word."""
    done = box.run(
        "/usr/bin/micropython",
        "-m",
        "wanbeacon.openwrt",
        "settings",
        "/etc/config/wanbeacon",
        "/tmp/out",
        "/tmp/out.net",
    )
    assert (done.returncode, done.stderr.count("\n")) == (
        2,
        1,
    ) and "/usr/bin/wanbeacon belongs to another version" in done.stderr


def test_check_names_every_fault_with_its_line_and_option(box):
    box.settings(
        SETTINGS + "\toption use_ipv6 'maybe'\n\toption frob '1'\nconfig service 'b'\n\toption enabled 1\n"
    )
    done = box.ours("check")
    assert done.returncode == 1 and done.stdout == ""
    lines = done.stderr.splitlines()
    assert len(lines) == 4 and all(line.startswith("/etc/config/wanbeacon line ") for line in lines)
    assert "line 11, section 'home', option 'use_ipv6'" in done.stderr
    assert "section 'b': says no domain" in done.stderr
    assert "secret" not in done.stderr
    assert not list(box.path("/tmp").glob("wanbeacon.*")), "files left behind"


def test_check_leads_the_agents_own_complaints_back_to_the_section(box):
    box.settings(
        SETTINGS.replace("'demo.dyndns.org'", "'demo/x.dyndns.org'") + "\toption mx '%s'\n" % ("m" * 300)
    )
    done = box.ours("check")
    assert done.returncode == 1
    assert (
        "/etc/config/wanbeacon line 8, section 'home', option 'domain'" in done.stderr
        or "option 'mx'" in done.stderr
    )
    box.settings(SETTINGS + "\toption cacert '/etc/ssl/certs.pem'\n")
    box.settings(SETTINGS + "\toption cacert '/root/mine.pem'\n")
    box.path("/root/mine.pem").write_text("-----BEGIN CERTIFICATE-----\n")
    done = box.ours("check")
    assert (
        "line 11, section 'home', option 'cacert': /root/mine.pem is PEM; make it DER: openssl x509"
        in done.stderr
    )


MQTT = """config wanbeacon 'main'
	option mqtt_host '%s'
	option mqtt_user 'u'
	option mqtt_ca '%s'

config notify 'phone'
	option url 'https://push.example/x'
	option cacert '%s'
"""


def test_faults_of_the_broker_and_of_receivers_are_led_back_to_their_options(box):
    service = SETTINGS[SETTINGS.index("config service") :]
    box.path("/root/mine.pem").write_text("-----BEGIN CERTIFICATE-----\n")
    box.settings(MQTT % ("mq.lan:1883", "/root/mine.pem", "/root/none.der") + service)
    said = sorted(box.ours("check").stderr.splitlines())
    for line, part in zip(
        said,
        (
            "line 2, section 'main', option 'mqtt_host': should be a name or an address alone",
            "line 4, section 'main', option 'mqtt_ca': /root/mine.pem is PEM",
            "line 8, section 'phone', option 'cacert': /root/none.der cannot be read",
        ),
        strict=True,
    ):
        assert part in line
    box.settings(MQTT % ("mq.lan", "/etc/ssl/certs/ca-certificates.crt", "/root/none.der") + service)
    assert len(box.ours("check").stderr.splitlines()) == 1, "the bundle is the usual roots"


def test_check_of_good_settings_then_asks_for_the_agent(box):
    box.settings(SETTINGS)
    done = box.ours("check")
    assert done.stdout == (
        "/etc/config/wanbeacon: no fault found\nthe agent is not running yet; run: service wanbeacon start\n"
    )
    assert done.returncode == 0 and done.stderr == ""
    box.settings(SETTINGS.replace("enabled '1'", "enabled '0'"))
    done = box.ours("check")
    assert done.returncode == 1 and "nothing is switched on" in done.stderr


def test_check_says_which_options_have_no_effect_and_what_is_unwise(box):
    box.settings(SETTINGS + "\toption retry_count '5'\n\toption server 'http://dyn.lan'\n")
    done = box.ours("check")
    assert done.returncode == 0, done.stderr
    assert (
        "note: /etc/config/wanbeacon line 11, section 'home', option 'retry_count': not used: " in done.stdout
    )
    assert (
        "note: /etc/config/wanbeacon line 12, section 'home', option 'server': the password travels without"
        in done.stdout
    )
    done = box.run("/bin/ash", "/etc/rc.common", "/etc/init.d/wanbeacon", "start")
    assert (done.stdout, done.stderr) == ("", ""), "the start says faults only"


# a second account that no agent would start with
REFUSED = (
    ("option username ''", "option 'username': missing; noip needs a user name"),
    ("option server 'https://h.example/path'", "option 'server': should be host or host:port"),
    ("option auth 'bearer'", "option 'auth': noip has only basic"),
    (
        "option service_name ''\n\toption update_url 'https://h.example/?ip=[IP]&n=my router'",
        "option 'update_url': a space",
    ),
    (
        "option service_name 'namecheap'\n\toption use_ipv6 '1'",
        "option 'domain': b.ddns.net: namecheap keeps A records only",
    ),
)


def test_what_the_agent_would_not_start_with_is_a_fault_of_its_section_and_the_running_one_goes_on(box):
    box.settings(SETTINGS)
    box.procd.call("start")
    config = box.path("/tmp/run/wanbeacon/config.json")
    before = config.read_bytes()
    for text, wanted in REFUSED:
        box.settings(
            SETTINGS + "config service 'two'\n\toption enabled '1'\n\toption service_name 'noip'\n"
            "\toption username 'u'\n\toption password 'p'\n\toption domain 'b.ddns.net'\n\t" + text + "\n"
        )
        done = box.ours("check")
        assert done.returncode == 1 and done.stderr.count("\n") == 1, done.stderr
        assert "section 'two', " + wanted in done.stderr, done.stderr
        box.procd.call("reload")
        assert config.read_bytes() == before


def test_start_tells_procd_all_it_needs_and_hides_the_password(box):
    box.settings(SETTINGS)
    done = box.run("/bin/ash", "/etc/rc.common", "/etc/init.d/wanbeacon", "start")
    assert done.returncode == 0 and done.stderr == "" and done.stdout == ""
    service = box.procd.service()
    assert service["params"] == {
        "command": [PROGRAM, "run"],
        "file": ["/var/run/wanbeacon/config.json"],
        "respawn": ["3600", "10", "0"],
        "stdout": ["1"],
        "stderr": ["1"],
        "user": ["wanbeacon"],
        "group": ["wanbeacon"],
        "no_new_privs": ["1"],
        "term_timeout": ["10"],
    }
    assert ["config.change", "wanbeacon"] in service["triggers"]
    assert len(service["triggers"]) == 1, "one on an interface would be lost with ubusd"
    run = box.path("/tmp/run/wanbeacon")
    assert owner(run) == (UID, UID, 0o750)
    assert owner(box.path("/etc/wanbeacon")) == (UID, UID, 0o750)
    assert owner(run / "config.json") == (UID, UID, 0o400)
    account = json.loads((run / "config.json").read_text())["accounts"][0]
    assert account["password"] == "it's secret" and account["bind"] == "@wan"
    assert [p.name for p in box.path("/tmp/run").iterdir()] == ["wanbeacon"], (
        "a file with the password was left behind"
    )


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
    for text in (
        SETTINGS.replace("'1'", "'0'", 1),
        SETTINGS.replace("'home'\n\toption enabled '1'", "'home'\n\toption enabled '0'"),
    ):
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
    assert (
        "daemon.err wanbeacon: /etc/config/wanbeacon line 11, section 'home', option 'frob'"
        in box.path("/tmp/log").read_text()
    )


def test_a_fault_at_a_reload_leaves_the_settings_of_before(box):
    box.settings(SETTINGS)
    box.run("/bin/ash", "/etc/rc.common", "/etc/init.d/wanbeacon", "start")
    config = box.path("/tmp/run/wanbeacon/config.json")
    before = config.read_bytes()
    box.settings(SETTINGS.replace("demo.", "other.") + "\toption frob '1'\n")
    box.run("/bin/ash", "/etc/rc.common", "/etc/init.d/wanbeacon", "reload")
    assert box.procd.service()["params"]["command"] == [PROGRAM, "run"]
    assert config.read_bytes() == before
    assert "keeps the previous settings" in box.path("/tmp/log").read_text()


def test_the_shipped_settings_start_nothing_and_have_no_fault(box):
    box.run("/bin/ash", "/etc/rc.common", "/etc/init.d/wanbeacon", "start")
    assert box.procd.service()["params"] == {}
    assert not box.path("/tmp/log").exists() or box.path("/tmp/log").read_text() == ""
    text = box.path("/etc/config/wanbeacon").read_text()
    box.settings(text.replace("option enabled '0'", "option enabled '1'", 1))
    assert "no fault found" in box.ours("check").stdout


def test_every_commented_example_of_the_shipped_settings_is_understood(box):
    """Each #option switched on alone gives settings without a fault; the broker's, all together."""
    lines = (
        box.path("/etc/config/wanbeacon")
        .read_text()
        .replace("option enabled '0'", "option enabled '1'", 1)
        .splitlines()
    )
    examples = [i for i, line in enumerate(lines) if line.lstrip().startswith(("#option", "#list"))]
    service = next(i for i, line in enumerate(lines) if line.startswith("config service"))
    assert len(examples) >= 6
    for i in examples:
        on = {j for j in examples if j == i or ("mqtt_" in lines[i] and "mqtt_" in lines[j])}
        box.settings("\n".join(one.replace("#", "", 1) if j in on else one for j, one in enumerate(lines)))
        assert "no fault found" in box.ours("check").stdout, lines[i]
    answers = [
        line[2:].split("\t")[0]
        for line in lines
        if line.startswith(("#\tlist", "#\toption method", "#\toption update_url"))
        and "domain" not in line
        and "events" not in line
    ]
    notices = [line[1:].split("\t") for line in lines[-6:] if line.startswith(("#config notify", "#\t"))]
    box.settings("\n".join([*lines[: service + 13], *(" ".join(words[:2]) for words in notices)]) + "\n")
    assert len(notices) == 4 and "no fault found" in box.ours("check").stdout, box.ours("check").stderr
    text = "\n".join(line for line in lines[: service + 13] if "service_name" not in line)
    box.settings(text + "\n" + "\n".join("\t" + line for line in answers) + "\n")
    assert len(answers) == 6 and "no fault found" in box.ours("check").stdout, box.ours("check").stderr
    tail = [line for line in lines[service:] if line.startswith("#\toption")]
    loose = [line[1:].split("\t") for line in tail if "update_url" not in line]
    groups = [
        ["ip_source 'network'", "ip_network 'wan'"],
        ["ip_source 'web'", "ip_url 'https://api.ipify.org'"],
        ["ip_source 'natpmp'"],
        ["server 'members.dyndns.org:8245'"],
        ["allow_private '1'"],
        ["force_interval '336'"],
        ["suffix '::1:2'"],
        ["mac '00:11:22:33:44:55'", "subnet '1'", "prefix_length '56'"],
        ["neighbor '00:11:22:33:44:55'", "privacy '1'", "lan 'guest'"],
    ]
    for group in groups:
        assert all(any("option " + one in "\t".join(words) for words in loose) for one in group), group
        text = "\n".join([*lines[: service + 13], *("\toption " + one for one in group)]) + "\n"
        box.settings(text)
        assert "no fault found" in box.ours("check").stdout, group


def test_import_ddns_shows_then_writes_settings_that_are_right(box):
    box.path("/etc/config/ddns").write_text(
        "config service 'my4'\n option enabled 1\n option service_name 'no-ip.com'\n"
        " option domain 'a.ddns.net'\n"
        " option username 'me'\n option password 'hunter2'\n option frob '1'\n"
    )
    before = box.path("/etc/config/wanbeacon").read_bytes()
    done = box.ours("import-ddns")
    assert (
        done.returncode == 4
        and "NOT taken over" in done.stdout
        and "hunter2" not in done.stdout + done.stderr
    )
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


def test_without_tls_nobody_claims_that_the_agent_goes_on(box):
    box.settings(SETTINGS)
    box.procd.call("start")
    box.procd.stop()
    router.micropython(box.root, tls=False)
    done = box.procd.call("reload")
    said = box.path("/tmp/log").read_text()
    assert "opkg remove --force-depends micropython-nossl" in said and "opkg remove" in done.stderr
    assert "previous settings" not in said + done.stderr


def test_settings_that_are_refused_are_kept_where_luci_reads_them_until_they_are_right(box):
    box.settings(SETTINGS)
    box.run("/bin/ash", "/etc/rc.common", "/etc/init.d/wanbeacon", "start")
    file = box.path("/tmp/run/wanbeacon/refused")
    assert not file.exists()
    box.settings(SETTINGS + "\toption server 'https://x/y'\n")
    box.run("/bin/ash", "/etc/rc.common", "/etc/init.d/wanbeacon", "reload")
    assert owner(file) == (0, 0, 0o644)
    lines = file.read_text().splitlines()
    assert (
        "line 11, section 'home', option 'server'" in lines[0] and "keeps the previous settings" in lines[1]
    )
    assert "it's secret" not in file.read_text()
    for text in (SETTINGS, SETTINGS.replace("enabled '1'", "enabled '0'")):
        file.write_text("x")
        box.settings(text)
        box.run("/bin/ash", "/etc/rc.common", "/etc/init.d/wanbeacon", "reload")
        assert not file.exists()


def test_a_start_with_nothing_switched_on_says_so_and_a_stopped_agents_status_says_what_to_do(box):
    box.settings(SETTINGS.replace("enabled '1'", "enabled '0'"))
    done = box.run("/bin/ash", "/etc/rc.common", "/etc/init.d/wanbeacon", "start")
    assert done.stderr.startswith(
        "wanbeacon: nothing is switched on in /etc/config/wanbeacon; set option enabled '1'"
    )
    for word in ("status", "pause"):
        done = box.ours(word)
        assert (done.returncode, done.stderr) == (
            1,
            "wanbeacon: the agent is not running; run: service wanbeacon start\n",
        )


@pytest.mark.parametrize(
    ("word", "found"), [("no-ip", "noip"), ("NoIP", "noip"), ("dyn.com", "dyn"), ("duck", "duckdns")]
)
def test_a_service_is_found_by_a_word_too(box, word, found):
    done = box.ours("providers", word)
    assert done.returncode == 0 and found in done.stdout.split()
    done = box.ours("providers", "qqqqwwww")
    assert done.returncode == 1 and "`wanbeacon providers` lists all" in done.stderr


def test_a_journal_that_root_copied_back_is_the_agents_again(box, tmp_path):
    """... and so is all else that it keeps."""
    box.settings(SETTINGS)
    state, board = box.path("/etc/wanbeacon"), linux.Board(str(tmp_path))
    state.mkdir()
    slots = (*board.slots(), board.asked(), board.notices(), board.ids())
    names = [slot.path.rpartition("/")[2] for slot in slots]
    assert len(set(names)) == 5
    for name in names:
        (state / name).write_bytes(b"x")
        (state / name).chmod(0o400)
    (state / "link").symlink_to("/etc/passwd")
    box.run("/bin/ash", "/etc/rc.common", "/etc/init.d/wanbeacon", "start")
    for name in names:
        assert owner(state / name) == (UID, UID, 0o600)
    (state / "journal.a").unlink()
    (state / "journal.a").symlink_to("/etc/passwd")
    box.run("/bin/ash", "/etc/rc.common", "/etc/init.d/wanbeacon", "reload")
    assert owner(box.path("/etc/passwd"))[0] == 0, "never through a link"


def test_one_service_is_switched_off_and_on_and_the_explained_settings_outlive_it(box):
    text = box.path("/etc/config/wanbeacon").read_text()
    assert box.path("/usr/share/doc/wanbeacon/config").read_text() == text and text.count("#") > 20
    two = SETTINGS.split("config service")[1].replace("'home'", "'two'", 1).replace("demo.", "two.")
    box.settings("# why\n" + SETTINGS + "\nconfig service" + two)
    config = box.path("/tmp/run/wanbeacon/config.json")
    for word, names in (("stop", ["two.dyndns.org"]), ("start", ["demo.dyndns.org", "two.dyndns.org"])):
        # the wrapper calls the init script, which the stand-in enters by rc.common
        box.path("/etc/init.d/wanbeacon").chmod(0o755)
        done = box.ours(word, "home")
        assert done.returncode == 0, done.stderr
        box.run("/bin/ash", "/etc/rc.common", "/etc/init.d/wanbeacon", "reload")
        assert [host["name"] for host in json.loads(config.read_text())["accounts"][0]["hosts"]] == names
    assert "#" not in box.path("/etc/config/wanbeacon").read_text(), (
        "uci has dropped the comments, as the real one does"
    )
    assert box.path("/usr/share/doc/wanbeacon/config").read_text() == text
    assert (
        "/usr/share/doc/wanbeacon/config"
        in box.sh(
            "wanbeacon check; uci set wanbeacon.home.frob=1; uci commit wanbeacon; wanbeacon check"
        ).stderr
    )
    done = box.ours("stop", "nobody")
    assert done.returncode == 1 and "no service 'nobody'" in done.stderr
    assert box.ours("stop").returncode == 1


def test_reload_config_does_not_tell_of_a_file_it_has_not_seen_so_the_command_does_not_rely_on_it(box):
    box.sh(
        "mv /etc/config/wanbeacon /tmp/away; : >/etc/config/system; reload_config; "
        "mv /tmp/away /etc/config/wanbeacon"
    )
    box.settings(SETTINGS)
    box.sh("reload_config")
    assert not box.path("/tmp/calls").exists() or "wanbeacon" not in box.path("/tmp/calls").read_text()
    box.sh("uci set wanbeacon.home.enabled=0; uci commit wanbeacon; reload_config")
    assert "config.change wanbeacon" in box.path("/tmp/calls").read_text()


def test_removal_takes_the_copy_of_the_password_and_an_upgrade_keeps_it(box, wanbeacon_ipk):
    box.settings(SETTINGS)
    box.procd.call("start")
    box.procd.stop()
    box.path("/tmp/postrm").write_bytes(readers.read_ipk(wanbeacon_ipk).scripts["postrm"].data)
    box.sh("sh /tmp/postrm upgrade 9.9")
    assert box.path("/tmp/run/wanbeacon/config.json").exists()
    box.sh("IPKG_INSTROOT=/elsewhere sh /tmp/postrm remove")
    assert box.path("/tmp/run/wanbeacon/config.json").exists()
    box.sh("sh /tmp/postrm remove")
    assert not box.path("/tmp/run/wanbeacon").exists() and box.path("/etc/wanbeacon").exists()


def test_the_packages_scripts_under_ash(box, wanbeacon_ipk):
    scripts = readers.read_ipk(wanbeacon_ipk).scripts
    for name, file in scripts.items():
        path = box.path("/tmp/" + name)
        path.write_bytes(file.data)
        path.chmod(0o755)
    assert box.sh("PKG_SCRIPT=/tmp/postinst-pkg /tmp/postinst configure").returncode == 0
    assert box.sh("/tmp/prerm remove").returncode == 0
    assert box.path("/tmp/calls").read_text().splitlines() == [
        "default_postinst postinst ",
        "killall -HUP ubusd",
        "default_prerm prerm ",
    ]
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
