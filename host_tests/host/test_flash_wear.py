"""Flash wear: a year of daily changes on MicroPython's real LittleFS, 64 KB (tools/flash_wear)."""

import pytest

from tools import UserError, flash_wear, interpreters


def test_a_year_of_daily_changes_costs_few_block_erases_and_a_quiet_week_none():
    found = flash_wear.year()
    print("one host: %(erases)d block erases in a year, %(writes)d journal writes" % found)
    assert found["requests"] == found["days"] == 365 and found["writes"] == 2 * 365
    assert 0 < found["erases"] < 100  # allowed: 2,000; one host's journal lies inside LittleFS's directory block
    assert found["most_in_one_block"] * 100 < flash_wear.ENDURANCE
    assert found["week_erases"] == found["week_programs"] == found["week_requests"] == 0


def test_a_year_that_cannot_be_measured_is_a_line_for_the_user():
    with pytest.raises(UserError, match="cannot be measured: "):
        flash_wear.year("many", interpreters.default())
