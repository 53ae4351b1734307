# SPDX-License-Identifier: MIT
"""Every command in the documents is run as it stands there, by somebody who has nothing but a copy of the
checkout; what cannot be run here is named, with the test that runs the same code. Host only.

`make newcomer` runs this file with a clone of HEAD in which nothing is set up."""

import json
import os
import re
import shutil
import time

import pytest
import typer

from host_tests import needs
from host_tests.board import home, real_firmware
from host_tests.board.rig import Board
from host_tests.host.newcomer import FRESH, Newcomer
from host_tests.openwrt import router
from tools import ROOT, __main__
from tools.lab import running
from tools.netlab.line import Line

pytestmark = pytest.mark.timeout(1200 if FRESH else 300)
TOOLS = ".venv/bin/python -m tools "
PAGES = sorted(
    path
    for path in ROOT.rglob("*.md")
    if not any(
        part.startswith(".") or part in ("build", "dist", "out") for part in path.relative_to(ROOT).parts
    )
)
TEXT = {path: path.read_text(encoding="utf-8") for path in PAGES}
README = TEXT[ROOT / "README.md"]


def blocks(text, language):
    return re.findall(r"^```%s\n(.*?)^```" % language, text, re.M | re.S)


def commands(text):
    """The commands of a block, in order; what belongs to one (a here-document) stays together."""
    return [match[0].rstrip() for match in re.finditer(r"^.*<<'(\w+)'\n(?:.*\n)*?\1\n|^.+\n", text, re.M)]


COMMANDS = [line for text in TEXT.values() for block in blocks(text, "sh") for line in commands(block)]

#: Commands that cannot be run here, or take too long: why, and which test runs the same code ("" = none can).
ELSEWHERE = {
    TOOLS + "traceback said.txt": (
        "needs what a board has printed",
        "host/test_shrink.py::test_the_tool_translates_what_was_copied_from_a_console",
    ),
    TOOLS + "flash --upgrade-key vendor.pub.pem": (
        "it needs a board",
        "board/test_life.py::test_one_command_from_an_empty_board_to_the_first_good",
    ),
    TOOLS + "grade": (
        "minutes for each client",
        "host/test_grade.py::test_the_clients_of_others_are_caught_where_hand_measurements_caught_them",
    ),
    TOOLS + "grade --short": (
        "a minute",
        "host/test_grade.py::test_the_rules_of_the_wire_as_anybody_in_an_empty_folder",
    ),
    "python3 -m venv .cache/clients": (
        "other people's programs",
        "host/test_grade.py::test_a_profile_that_cannot_run_says_why",
    ),
    ".cache/clients/bin/pip install -q dyndnsc==0.6.1 dnsupdate==0.4.1 noipy==2.0.0": (
        "other people's programs",
        "host/test_grade.py::test_a_profile_that_cannot_run_says_why",
    ),
    "npm install --prefix .cache/clients ddns-client@0.2.4": (
        "other people's programs",
        "host/test_grade.py::test_a_profile_that_cannot_run_says_why",
    ),
    "python3 -m venv .cache/servers": (
        "other people's programs",
        "host/test_grade_server.py::test_servers_from_pypi_still_answer_as_the_page_says",
    ),
    ".cache/servers/bin/pip install -q nsupdate==0.13.0 argon2-cffi dyndns-to-hetzner==1.0.2 xms-dns==0.2.5 "
    "aiohttp setuptools": (
        "other people's programs",
        "host/test_grade_server.py::test_servers_from_pypi_still_answer_as_the_page_says",
    ),
    ".cache/servers/bin/pip install -q --no-build-isolation sftdyn==0.10": (
        "other people's programs",
        "host/test_grade_server.py::test_servers_from_pypi_still_answer_as_the_page_says",
    ),
    TOOLS + "grade-server --installed all --markdown docs/server-grades.md": (
        "other people's programs",
        "host/test_grade_server.py::test_servers_from_pypi_still_answer_as_the_page_says",
    ),
    TOOLS + "lab --strict --dir lab": (
        "it serves until it is stopped",
        "host/test_lab_nuisances.py::test_strict_ends_with_a_verdict",
    ),
    TOOLS + "grade-server https://dyn.example.org/nic/update --user demo --host demo.example.org": (
        "a server of the reader's own",
        "host/test_grade_server.py::test_the_command_writes_json_and_junit_and_never_the_password",
    ),
    TOOLS + "grade --template my.template -- ./my-client --config {config}": (
        "the client is the reader's own",
        "host/test_grade.py::test_any_client_can_be_graded_with_a_template",
    ),
    "make quick": ("two minutes", "host/test_any_computer.py::test_make_alone_lists_the_commands"),
    "python3 -m pip install .": (
        "the reader's own Python",
        "host/test_wheel.py::test_it_works_outside_a_checkout",
    ),
    TOOLS + "fleet --broker mqtt.acme.example --user desk --ca ca.pem --prefix acme": (
        "a broker of the reader's own",
        "host/test_fleet.py::test_many_boards_come_back_without_a_wave_and_the_view_keeps_up",
    ),
    TOOLS
    + "fleet --broker mqtt.acme.example --user desk --ca ca.pem --prefix acme --label berlin --send upgrade "
    "--over 600": (
        "a broker of the reader's own",
        "host/test_fleet.py::test_a_command_goes_to_those_that_fit_and_their_answers_are_shown",
    ),
    "make release": ("half a minute", "host/test_release.py::test_make_release_runs_the_tool"),
    "make bench": ("ten minutes", "host/test_bench.py::test_sizes_are_measured_and_written_as_json"),
    TOOLS + "web --firmware ESP32_GENERIC.bin --serve": (
        "it serves until it is stopped",
        "board/test_web.py::test_from_an_empty_board_to_the_first_update",
    ),
    TOOLS
    + "web --firmware ESP32_GENERIC.bin --firmware ESP32_GENERIC_C3.bin "
    + "--firmware ESP32_GENERIC_S3.bin --out site": (
        "MicroPython's downloads",
        "board/test_web.py::test_another_release_stays_and_the_newest_is_offered_first",
    ),
    "systemctl daemon-reload": (
        "no systemd here",
        "openwrt/test_linux_install.py::test_systemd_itself_finds_no_fault_in_the_unit",
    ),
    "systemctl enable --now wanbeacon": (
        "no systemd here",
        "openwrt/test_linux_install.py::test_the_installed_agent_publishes_its_address",
    ),
    "opkg update": ("on a router", "openwrt/test_command.py::test_version_and_help"),
    "opkg install ./wanbeacon_*.ipk ./luci-app-wanbeacon_*.ipk": (
        "on a router",
        "openwrt/test_package.py::test_ipk_is_laid_out_as_opkg_reads_it",
    ),
    "apk add micropython-mbedtls": ("on a router", "openwrt/test_command.py::test_version_and_help"),
    "apk add --allow-untrusted ./wanbeacon-[0-9]*.apk ./luci-app-wanbeacon-*.apk": (
        "on a router",
        "openwrt/test_package.py::test_both_formats_hold_the_same_files",
    ),
}
RUN = {}


def runs(*lines):
    """Marks a test that types these commands; they are given to it as they stand."""

    def mark(test):
        RUN.update(dict.fromkeys(lines, test.__name__))
        return pytest.mark.parametrize("lines", [lines], ids=["lines"])(test)

    return mark


@pytest.fixture(scope="module")
def user(tmp_path_factory):
    return Newcomer(tmp_path_factory.mktemp("new") / "wanbeacon")


@pytest.fixture
def lab(user):
    """A provider that knows the account of the README's first settings, and those settings as a file, pointed
    at it."""
    settings = json.loads(blocks(README, "json")[0])
    (account,) = settings["accounts"]
    with running(
        "dyn", accounts={"accounts": [{key: account[key] for key in ("user", "password", "hosts")}]}
    ) as made:
        made.world.check_address = home.ADDRESS
        account.update(server="localhost:%d" % made.https_port, ca=str(made.ca_der))
        settings["address"] = [
            {"source": "web", "url": "https://localhost:%d/" % made.https_port, "ca": str(made.ca_der)}
        ]
        settings["intervals"] = {"minimum": 1}
        settings.update(json.loads("{%s}" % re.search(r'`("wifi": [^`]+)`', README)[1]))
        (user.folder / "my.json").write_text(json.dumps(settings))
        yield made


# ---- README.md, from its beginning


#: Promises of `make run` in a fresh clone: MB of .venv, seconds of the set-up on a warm cache, seconds from
#: its end to the first update.
SETUP_MB, SETUP_S, GOOD_S = 120, 30, 60


@runs("make run")
def test_the_demo_runs_and_its_name_server_can_be_asked(user, lines, capsys):
    begin = time.monotonic()
    with user.typing(*lines) as run:
        first = run.until(r"Wanbeacon \S+ on [^\n]+")[0]
        ready = time.monotonic()
        run.until(r"200 good|The provider had it")
        good = time.monotonic()
        if FRESH:
            size = sum(path.lstat().st_size for path in (user.folder / ".venv").rglob("*") if path.is_file())
            with capsys.disabled():
                print("\nmake run: set-up %.0f MB in %.0f s; first update %.0f s later. %s"
                      % (size / 1e6, ready - begin, good - ready, first))  # fmt: skip
            assert size < SETUP_MB * 1e6 and good - ready < GOOD_S
            # with others at work on every core the set-up, 10 s of a core, takes what they leave
            assert ready - begin < SETUP_S or os.getloadavg()[0] > os.cpu_count()
        ask = run.until(r"name server: (dig .+)")[1]
        address = run.until(r"IPv4 address (\S+) from")[1]
        run.until("The provider had it .* later: one request for 3 hosts")
        needs.program("dig")
        assert user.type(ask).strip() == address
    assert "no rule broken" in run.text


@runs("make test")
def test_the_tests_run(user, lines):
    """All of them is what runs this one; here a file of them."""
    assert " passed" in user.type(
        *lines, with_={"make test": "make test TESTS=host_tests/shared/test_address.py"}
    )


@runs("chmod 600 my.json", TOOLS + "check my.json")
def test_the_settings_as_they_stand_there_are_checked(user, lines):
    (user.folder / "my.json").write_text(blocks(README, "json")[0])
    assert user.type(lines[0]) == ""
    assert "ok" in user.type(lines[1])


CTL = tuple(
    TOOLS + "ctl %s --config my.json" % what
    for what in ("status", "update", "retry home.dyndns.org", "offline home.dyndns.org", "pause", "resume")
)


@runs("make run CONFIG=my.json", *CTL)
def test_the_agent_works_for_its_user_and_is_told_what_to_do(user, lab, lines):
    start, status, update, retry, offline, pause, resume = lines
    with user.typing(start) as run:
        run.until("200 good")
        assert (user.folder / "my.state").is_dir() and home.ADDRESS in user.type(status)
        lab.answer("nohost\n", times=1)
        time.sleep(2.1)  # as often as the provider bears: here a second, and some
        assert "sending one update" in user.type(update)
        run.until("nohost")
        assert "nohost" in user.type(status)
        time.sleep(2.1)
        assert "trying again" in user.type(retry)
        run.until("200 nochg")
        assert "paused" in user.type(pause) and "going on" in user.type(resume)
    shutil.rmtree(user.folder / "my.state")
    lab.reset()
    lab.world.check_address = home.ADDRESS
    with user.typing(start) as run:
        run.until("200 good")
        time.sleep(2.1)
        assert "offline" in user.type(offline)
        run.until(r"(?s)200 good.* -> 200 good")
        assert "set offline by" in user.type(status)
    assert lab.published("home.dyndns.org")["A"] != home.ADDRESS


@pytest.mark.needs_root
@pytest.mark.needs("unshare")
@runs(
    "make install", "install -m 600 my.json /etc/wanbeacon/config.json", "wanbeacon check", "wanbeacon status"
)
def test_it_is_installed_on_this_computer_and_taken_away(user, lab, lines):
    assert "`make uninstall`" in README
    said = user.type_as_root(
        *lines[:3], lines[3] + " || true", "make uninstall", "find /usr/local -name '*wanbeacon*'"
    )
    assert "wanbeacon check" in said and "ok, 1 host" in said and "no agent" in said
    assert said.splitlines()[-1].startswith("removed;")


@runs(TOOLS + "providers", TOOLS + "providers noip", TOOLS + "providers --search ddns.net")
def test_the_providers_are_listed(user, lines):
    assert "noip" in user.type(lines[0]) and "dynupdate.no-ip.com" in user.type(lines[1])
    assert user.type(lines[2]).split("\n")[1].startswith("noip ")


@runs("make setup", TOOLS + "flash --port /dev/ttyUSB0 --config my.json")
def test_a_board_is_flashed_and_followed_to_its_first_update(user, lab, lines, tmp_path):
    with Board(tmp_path / "board", needs.usable("micropython-wheel")) as board:
        board.world(wifi=[{"ssid": "my network", "password": "its password"}])
        board.wait_for(">>> ")
        assert "tools are set up" in user.type(lines[0])
        said = user.type(lines[1], with_={"/dev/ttyUSB0": board.port})
    assert "Done: the board keeps your name up to date" in said
    assert lab.published("home.dyndns.org")["A"] == home.ADDRESS


@runs(
    TOOLS + "image --firmware ESP32_GENERIC.bin --board ESP32_GENERIC --config my.json --write /dev/ttyUSB0"
)
def test_an_image_is_made_up_to_the_board_that_is_not_there(user, lab, lines):
    (user.folder / "ESP32_GENERIC.bin").write_bytes(real_firmware.path().read_bytes())
    assert "/dev/no-such-port" in user.type(*lines, status=1, with_={"/dev/ttyUSB0": "/dev/no-such-port"})
    assert "esptool" in user.type(*lines, with_={"--write /dev/ttyUSB0": "-o image.bin --label label.svg"})
    assert (user.folder / "image.bin").stat().st_size == (4 << 20) - 0x1000


@pytest.mark.needs("busybox", "ip", "unshare", "chroot", "setpriv")
@pytest.mark.needs_root
@runs(TOOLS + "package --format ipk", TOOLS + "package --format apk")
def test_packages_are_built_and_installed_into_a_routers_root(user, lines, tmp_path):
    for line in lines:
        user.type(line)
    out = user.folder / "dist/openwrt"
    assert (
        {path.suffix for path in out.glob("wanbeacon*")}
        == {path.suffix for path in out.glob("luci-app-wanbeacon*")}
        == {".ipk", ".apk"}
    )
    needs.usable("micropython-amd64")
    root = tmp_path / "root"
    root.mkdir()
    with Line() as line:
        box = router.Router(router.build(root, [next(out.glob("wanbeacon_*.ipk")).read_bytes()]), line.name)
        assert box.ours("--version").stdout.startswith("wanbeacon 0.")
        assert box.ours("providers").returncode == 0


@runs(TOOLS + "simulate")
def test_a_year_is_simulated(user, lines):
    assert "resume -> going on" in user.type(*lines)
    assert (user.folder / "out/simulate/year.png").exists()


# ---- docs/mqtt.md


@runs(
    TOOLS + "fleet batch boards.csv --template settings.json --out fleet/",
    TOOLS + "simulate fleet --scene broker --devices 10000 --serves 500 --spread 30",
)
def test_settings_for_many_boards_are_made_and_their_broker_is_simulated(user, lab, lines):
    page = TEXT[ROOT / "docs/mqtt.md"]
    (user.folder / "boards.csv").write_text(blocks(page, "text")[0])
    (user.folder / "settings.json").write_text(blocks(page, "json")[-1])
    shutil.copy(lab.ca_der, user.folder / "ca.der")
    assert user.type(lines[0]).startswith("2 devices")
    for name in ("shop-1.json", "shop-1.device.json"):
        assert "fleet/" + name in page and (user.folder / "fleet" / name).exists()
    assert "user desk" in (user.folder / "fleet/mosquitto.acl").read_text()
    assert "highest rate in one" in user.type(lines[1])


# ---- docs/providers.md


@runs(
    TOOLS + "catalogue",
    TOOLS + "providers example",
    ".venv/bin/python -m pytest -q host_tests/host/test_provider_rows.py",
)
def test_a_provider_is_added(user, lines):
    facts = user.folder / "tools/data/providers.json"
    rows = json.loads(facts.read_text())
    (row,) = map(json.loads, blocks(TEXT[ROOT / "docs/providers.md"], "json"))
    assert row.keys() == rows[0].keys()
    facts.write_text(json.dumps([*rows, row], indent=1) + "\n")
    assert "providers" in user.type(lines[0]) and "dyn.example.org" in user.type(lines[1])
    assert " passed" in user.type(lines[2])


# ---- docs/grading.md


@pytest.mark.needs("inadyn", "unshare", "faketime")
@pytest.mark.needs_root
@runs(
    *(
        TOOLS + "grade " + words
        for words in (
            "--profile inadyn --scene private",
            "--last --why private",
            "--last --certification dyn",
            "--last --json grade.json --junit grade.xml --markdown grade.md",
        )
    )
)
def test_a_client_is_graded_and_the_result_looked_at(user, lines):
    assert "does not publish a private address" in user.type(lines[0])
    assert "192.168.1.5" in user.type(lines[1]) and "User-Agent" in user.type(lines[2])
    user.type(lines[3])
    assert json.loads((user.folder / "grade.json").read_text()) and (user.folder / "grade.md").exists()


@runs(
    TOOLS + "bundle --new-key vendor.pem",
    "openssl pkey -in vendor.pem -pubout -out vendor.pub.pem",
    TOOLS + "bundle --key vendor.pem -o site/ --share 10",
)
def test_a_version_is_signed_for_boards(user, lines):
    for line in lines:
        user.type(line)
    assert b"PUBLIC" in (user.folder / "vendor.pub.pem").read_bytes()
    assert json.loads((user.folder / "site/manifest.json").read_text())["wanbeacon"]["share"] == 10


@runs(next(line for line in COMMANDS if line.startswith("cat > my.template")))
def test_the_template_is_written(user, lines):
    user.type(*lines)
    assert "{host}" in (user.folder / "my.template").read_text()


# ---- nothing is left out


def test_every_command_is_run_or_named_with_its_reason():
    assert len(COMMANDS) > 25 and len(PAGES) > 7
    assert set(COMMANDS) == RUN.keys() | ELSEWHERE.keys() and not RUN.keys() & ELSEWHERE.keys()


@pytest.mark.parametrize("why, where", ELSEWHERE.values())
def test_what_is_run_elsewhere_is_there(why, where):
    file, _, name = where.partition("::")
    assert why and re.search(r"^def %s\(" % name, (ROOT / "host_tests" / file).read_text(), re.M)


def test_every_command_stands_in_a_block_that_is_read():
    """`sh` blocks are; a block without a language, or an indented one, would hide its commands."""
    for path, text in TEXT.items():
        for language, body in re.findall(r"^\s*```(\w*)\n(.*?)^\s*```", text, re.M | re.S):
            assert language in ("sh", "json", "diff", "yaml", "http", "text", "make", "python"), "%s: %s" % (
                path.name,
                body,
            )
        assert not re.search(r"^    (make|opkg|apk|\S*python) ", text, re.M), path


def option_names(tool):
    """All option strings of a tool."""
    app = __main__.load(tool)
    if not isinstance(app, typer.Typer):
        plain, app = app, typer.Typer()
        app.command()(plain)
    command = typer.main.get_command(app)
    return {
        name
        for each in (command, *getattr(command, "commands", {}).values())
        for param in each.params
        if param.param_type_name == "option"
        for name in [*param.opts, *param.secondary_opts]
    }


INLINE = [(path.name, words) for path, text in TEXT.items() for words in re.findall(r"`([^`\n]+)`", text)]


@pytest.mark.parametrize(
    "page, words", [(page, words) for page, words in INLINE if re.search(r"(-m|^)\s?tools \w", words)]
)
def test_every_tool_that_is_named_is_there_with_its_options(page, words):
    tool, *rest = words.split("tools ", 1)[1].split()
    known = option_names(tool)
    assert {word for word in rest if word.startswith("--")} <= known


@pytest.mark.parametrize(
    "target", sorted({match for _, words in INLINE for match in re.findall(r"^make ([a-z]+)", words)})
)
def test_every_make_target_that_is_named_is_there(target):
    assert re.search(r"^%s:" % target, (ROOT / "Makefile").read_text(), re.M)


@pytest.mark.parametrize(
    "path, link",
    [(path, link) for path, text in TEXT.items() for link in re.findall(r"\]\((?!https?:)([^)#]+)\)", text)],
)
def test_links_lead_somewhere(path, link):
    assert (path.parent / link).exists()
