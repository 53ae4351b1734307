# SPDX-License-Identifier: MIT
"""What surrounds the agent on an ESP32: RTC memory, LED and button, network names."""

import sys

if sys.implementation.name == "micropython":
    sys.path.append("host_tests/shims")  # `machine` and `network` of an ESP32; CPython has them on its path

import machine  # noqa: E402
from wanbeacon.board.esp32 import lights, rtc  # noqa: E402
from wanbeacon.core.text import name_of  # noqa: E402


def fresh():
    machine.RTC().memory(b"")


def test_three_young_deaths_in_a_row_make_a_safe_start():
    fresh()
    assert [rtc.Memory().begin("watchdog") for _ in range(4)] == [False, False, False, True]
    memory = rtc.Memory()
    assert memory.crashes == 3 and memory.boots == 4
    memory.begin("reset")
    assert rtc.Memory().reason == "watchdog reset", "the first reason is kept"


def test_a_run_that_proved_itself_or_was_told_to_end_counts_as_none():
    fresh()
    for _ in range(5):
        memory = rtc.Memory()
        assert not memory.begin("reset")
        memory.proven()
    assert rtc.Memory().crashes == 0 and rtc.Memory().boots == 5


def test_after_a_safe_run_one_more_crash_is_enough():
    fresh()
    for _ in range(4):
        memory = rtc.Memory()
        memory.begin("reset")
    memory.try_again()
    memory = rtc.Memory()
    assert not memory.begin("reset")
    memory.crash("ValueError: x")
    memory = rtc.Memory()
    assert memory.begin("reset") and memory.reason == "ValueError: x"


def test_that_the_chips_time_was_proven_outlives_every_end_of_a_run_but_a_power_cut():
    fresh()
    memory = rtc.Memory()
    memory.begin("power")
    assert not memory.time_proven()
    memory.note_time(True)
    for end in (
        memory.proven,
        memory.try_again,
        lambda: memory.note("memory"),
        lambda: memory.crash("ValueError"),
    ):
        end()
        assert rtc.Memory().time_proven()
    assert rtc.Memory().crashes == 0
    memory.note_time(False)
    assert not rtc.Memory().time_proven()


def test_rtc_memory_after_a_power_cut_or_of_somebody_else_counts_as_empty():
    for junk in (b"", b"\xff" * 40, bytes(2048), b"WB1\1\2\0\0\0\7" + b"\0" * 4):
        machine.RTC().memory(junk)
        memory = rtc.Memory()
        assert (memory.boots, memory.crashes, memory.reason) == (0, 0, "")


def test_a_reason_is_one_short_line():
    fresh()
    memory = rtc.Memory()
    memory.begin("reset")
    memory.crash("a\nb" + "x" * 500)
    assert rtc.Memory().reason == "a b" + "x" * (rtc.REASON_MAX - 3)


class FakePin:
    def __init__(self):
        self.level = 1

    def value(self, *new):
        if new:
            self.level = new[0]
        return self.level


def led():
    one = lights.Led(None)
    one.pin = FakePin()
    one.lit = None
    return one


def blinks(state, total):
    one, count, before = led(), 0, 0
    for ms in range(0, total, 10):
        one.show(state, ms)
        count += one.pin.level and not before
        before = one.pin.level
    return count


def test_each_state_has_its_own_count_of_blinks():
    counts = [n for n in lights.BLINKS.values() if n > 0]
    assert len(set(counts)) == len(counts)
    for state, n in lights.BLINKS.items():
        if n > 0:
            assert blinks(state, n * 350 + 1400) == n, state
    assert blinks("ok", 4000) == 1


def test_a_short_press_does_nothing_a_long_one_and_a_longer_one_differ():
    button = lights.Button(None)
    presses = lights.Presses(button)
    said = []
    for held in [0, 1.0, 2.0, 0, 0.5, 3.2, 0, 0, 4.0, 9.0, 10.5, 0]:
        button.held = lambda held=held: held
        said.append(presses.look())
    assert [s for s in said if s] == ["setup", "reset"]


def test_a_host_name_is_made_of_any_text():
    for text, name in (
        ("Wanbeacon-7F3A", "Wanbeacon-7F3A"),
        ("my home!", "my-home"),
        ("--a..b--", "a-b"),
        ("", "wanbeacon"),
        ("äöü", "wanbeacon"),
        ("x" * 40, "x" * 32),
    ):
        assert name_of(text) == name, text
