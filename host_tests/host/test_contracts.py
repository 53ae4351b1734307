# SPDX-License-Identifier: MIT
"""Every board, the stand-ins of tests and simulations too, has the names of board/base.py and takes the same
arguments."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BASE = "firmware/wanbeacon/board/base.py"
REAL = ("firmware/wanbeacon/board/linux.py", "firmware/wanbeacon/board/esp32/board.py")
STAND_INS = ("tools/simulate/virtual.py",)
#: What a stand-in needs no network for.
NETWORK = {"resolver", "link_up", "gateway", "lan_address", "stream", "bind", "sockaddr", "ip_port"}


def methods(path):
    """{name: number of arguments beyond self that must be given, and may be} of the board's class in a
    file."""
    classes = [node for node in ast.parse((ROOT / path).read_text()).body if isinstance(node, ast.ClassDef)]
    (board,) = [one for one in classes if one.name == "Board"]
    found, names = {}, set()
    for node in board.body:
        if isinstance(node, ast.FunctionDef):
            most = len(node.args.args) - 1
            found[node.name] = most - len(node.args.defaults), most
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(node.value, ast.Name) and node.value.id in found:
                    found[target.id] = found[node.value.id]
                names.add(target.id)
    for node in ast.walk(board):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            names.add(node.attr)
    return found, names


CONTRACT, ATTRIBUTES = methods(BASE)


def takes(own, asked):
    """True when a call as the contract has it is one that `own` takes."""
    return own[0] <= asked[0] and own[1] >= asked[1]


@pytest.mark.parametrize("path", REAL)
def test_a_board_offers_the_whole_contract(path):
    found, names = methods(path)
    assert set(CONTRACT) - set(found) == set()
    assert [name for name in CONTRACT if not takes(found[name], CONTRACT[name])] == []
    assert ATTRIBUTES - names == set()


@pytest.mark.parametrize("path", STAND_INS)
def test_a_stand_in_offers_what_needs_no_network(path):
    found, _ = methods(path)
    assert set(CONTRACT) - set(found) - NETWORK == set()
    assert [name for name in CONTRACT if name in found and not takes(found[name], CONTRACT[name])] == []
