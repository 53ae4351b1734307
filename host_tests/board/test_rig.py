# SPDX-License-Identifier: MIT
"""The emulated board behaves as a board does: for an unmodified mpremote, over resets, power cuts and the
watchdog."""

import json
from pathlib import Path

from littlefs import LittleFS

SURFACE = json.loads((Path(__file__).parent / "data/surface-1.23.0.json").read_text())


def test_mpremote_copies_lists_and_hashes_files(board, mpremote, tmp_path):
    (tmp_path / "note.txt").write_bytes(bytes(range(256)) * 9)
    mpremote("fs", "mkdir", ":d", "+", "fs", "cp", str(tmp_path / "note.txt"), ":d/note.txt")
    assert "2304 note.txt" in mpremote("fs", "ls", ":d")
    assert "VfsLfs2" in mpremote("df")
    board.cut()
    assert board.files()["/d/note.txt"] == bytes(range(256)) * 9


def test_the_board_says_it_is_an_esp32_and_has_no_more_than_one(board, mpremote):
    names = ("os", "socket", "time", "machine", "network", "esp32", "errno")
    program = (
        "import sys,json\nprint(sys.platform)\nfor m in %r:\n m = __import__(m)\n"
        " print(json.dumps([n for n in dir(m) if type(getattr(m, n)) is not type(sys)]))" % (names,)
    )
    platform, *lines = mpremote("exec", program).split("\n")
    assert platform.strip() == "esp32"
    for module, line in zip(names, lines, strict=False):
        ours = {name for name in json.loads(line) if not name.startswith("_")}
        more = ours - set(SURFACE["modules"][module]) - {"clock"}  # the stand-in's own
        assert not more, "%s: a real ESP32 has no %s" % (module, sorted(more))


def test_addresses_are_tuples_and_ipv6_is_refused(board, mpremote):
    out = mpremote(
        "exec",
        "import socket\nprint(socket.getaddrinfo('127.0.0.1', 80)[0][-1])\n"
        "s = socket.socket()\ntry: s.connect(b'\\x02\\x00')\n"
        "except (TypeError, ValueError): print('refused')",
    )
    assert out.split("\n")[0].strip() == "('127.0.0.1', 80)"
    assert "refused" in out


def test_the_clock_starts_in_2000_and_runs_on_over_a_reset_but_not_over_a_power_cut(board, mpremote):
    assert "(2000, 1, 1" in mpremote("exec", "import time; print(time.gmtime())")
    mpremote("rtc", "--set")
    mpremote("exec", "import machine; machine.RTC().memory(b'kept')")
    mpremote("reset")
    assert "b'kept'" in mpremote(
        "exec", "import time, machine; print(time.gmtime()[0] > 2020, machine.RTC().memory())"
    )
    board.cut()
    board.power_on()
    assert "2000 b''" in mpremote(
        "exec", "import time, machine; print(time.gmtime()[0], machine.RTC().memory())"
    )


def test_main_py_starts_on_a_reset_but_not_on_mpremotes_soft_reset(board, mpremote, tmp_path):
    (tmp_path / "main.py").write_text("import time\nprint('main', 'runs')\nwhile True: time.sleep(1)\n")
    mpremote("fs", "cp", str(tmp_path / "main.py"), ":main.py")
    assert "main runs" not in board.log
    mpremote("reset")
    board.wait_for("main runs")
    assert mpremote("exec", "print(6 * 7)").strip() == "42", "a running main.py is interrupted"


def test_a_power_cut_in_the_middle_of_a_write_leaves_a_file_system_that_mounts(board, mpremote, tmp_path):
    (tmp_path / "old").write_text("old" * 700)
    mpremote("fs", "cp", str(tmp_path / "old"), ":keep")
    for n in (1, 2, 3, 5, 8):
        board.cut(after_writes=n)
        board.type("\x03f = open('keep', 'w'); f.write('new' * 700); f.close()\r")
        board.wait_event("cut")
        while board.powered:
            pass
        assert board.files()["/keep"] in (b"old" * 700, b"new" * 700)
        board.events.clear()
        since = board.mark()
        board.power_on()
        board.wait_for(">>> ", since=since)


def test_the_watchdog_resets_a_board_that_stops_feeding_it_even_over_a_soft_reset(board, mpremote):
    # long enough for the second mpremote to start on a busy machine
    mpremote("exec", "import machine; w = machine.WDT(timeout=2500)")
    mpremote("resume", "exec", "import time\nfor i in range(30):\n  w.feed(); time.sleep_ms(100)")
    assert "watchdog" not in board.events
    since = board.mark()
    board.wait_event("watchdog", 6)
    board.wait_for(">>> ", since=since)
    assert mpremote("resume", "exec", "import machine; print(machine.reset_cause())").strip() == "3"


def test_a_blank_flash_is_formatted_but_a_damaged_one_is_left_alone(board):
    board.cut()
    assert list(board.files()) == ["/boot.py"]
    image = bytearray(board.image.read_bytes())
    image[0:8192] = b"rubbish!" * 1024
    board.image.write_bytes(image)
    board.power_on()
    board.wait_for("appears to be corrupted")
    assert board.image.read_bytes() == image


def test_mp_and_pc_agree_on_the_format(board):
    """The image tool makes file systems on the PC: same parameters, or the board does not mount them."""
    fs = LittleFS(block_size=4096, block_count=512, mount=False)
    fs.format()
    fs.mount()
    with fs.open("/main.py", "wb") as file:
        file.write(b"print('from', 'the PC')\n")
    board.cut()
    board.image.write_bytes(fs.context.buffer)
    board.power_on()
    board.wait_for("from the PC")
