# SPDX-License-Identifier: MIT
"""The chains of real providers: what the lab sends, what they cost, and which root a board tries for them."""

import json
import subprocess

import pytest

from tools import UserError
from tools.bench import tls
from tools.lab import running
from tools.lab.ca import Authority
from tools.lab.chains import CHAINS, USUAL, key
from tools.netlab.agent_process import CPYTHON, EVERY, python

# One exchange of a board that loads one root at a time; prints what came of it.
CLIENT = """
import gc, json, sys
from wanbeacon.board import linux
from wanbeacon.net import Trouble, http

port, roots, root, low = int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])

class Board(linux.Board):
    plenty = int(sys.argv[5]) > 0
    begun = ended = 0
    def exchange_begins(self): self.begun += 1
    def exchange_ends(self): self.ended += 1
    def memory_low(self): return low > 0

class Request:
    post, tls, host, body, family = False, True, "localhost", None, 0
    path = "/nic/update?hostname=demo.dyndns.org&myip=45.33.7.9"
    headers = {"User-Agent": "Acme - Tester - 1.0", "Authorization": "Basic ZGVtbzpkZW1vLWtleQ==",
               "Host": "localhost"}

Request.port = port
board = Board("/tmp")
board.roots = roots
try:
    answer = http.exchange(Request(), board, root)
    end = answer.status, answer.root, answer.date
except Trouble as e:
    end = e.word, e.text, e.sent
print(json.dumps([end, board.begun, board.ended]))
"""


@pytest.fixture(scope="module")
def lab():
    with running("dyn", bind="127.0.0.1") as made:
        yield made


@pytest.fixture(scope="module")
def folder(lab, tmp_path_factory):
    """Roots as a board has them: twelve of the catalogue, the lab's own as the tenth."""
    from tools.build import roots

    out = tmp_path_factory.mktemp("roots")
    names = list(roots.CHOSEN)[:12]
    for name in names:
        (out / (name + ".der")).write_bytes((roots.FOLDER / (name + ".der")).read_bytes())
    names[9] = "lab"
    (out / "lab.der").write_bytes(lab.authority.der)
    (out / "index.txt").write_text("# roots\n" + "".join(name + " 2035-01-01\n" for name in names))
    return out


def ask(name, tmp_path, port, folder, root=0, low=0, plenty=0):
    """([status, root, date] or [word, text, sent], times room was made, times it was given back) under one
    interpreter."""
    (tmp_path / "client.py").write_text(CLIENT)
    argv, env = python(name, tmp_path / "client.py")
    if name == CPYTHON:
        argv[-1] = "client"
        env["PYTHONPATH"] += ":%s" % tmp_path
    done = subprocess.run(
        [*argv, str(port), str(folder), str(root), str(low), str(plenty)],
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def handshakes(lab):
    assert lab.wait_quiet()
    return len(lab.connections)


@pytest.mark.parametrize("name", [one for one in EVERY if one != CPYTHON])
def test_a_first_contact_costs_two_handshakes_and_the_next_one_a_single(lab, folder, tmp_path, name):
    lab.reset()
    (status, root, date), begun, ended = ask(name, tmp_path, lab.https_port, folder)
    assert (status, root, ended) == (200, 64 + 9, 1) and begun == 1
    assert abs(date - lab.world.now()) < 30 and handshakes(lab) == 2
    assert [c["plain"] == b"" for c in lab.connections] == [True, False]
    assert ask(name, tmp_path, lab.https_port, folder, root)[0][:2] == [200, root] and handshakes(lab) == 3
    for old in (1, 2, 5, 70, 255):  # batches that 0.1.0 remembered, another root, one of a longer list
        before = handshakes(lab)
        assert ask(name, tmp_path, lab.https_port, folder, old)[0][:2] == [200, root]
        assert handshakes(lab) <= before + 2, old


@pytest.mark.parametrize("name", EVERY)
def test_who_is_signed_by_nobody_we_know_is_asked_once(lab, folder, tmp_path, name):
    lab.reset()
    (word, _, sent), _, ended = ask(name, tmp_path, lab.ports["unknown-ca"], folder)
    assert (word, sent, ended) == ("untrusted", False, 1)
    assert handshakes(lab) == (12 if name == CPYTHON else 1)  # OpenSSL does not say who signed
    assert all(c["plain"] == b"" for c in lab.connections)


@pytest.mark.parametrize("name", EVERY)
def test_want_of_memory_is_called_that_and_tried_once_more(lab, folder, tmp_path, name):
    lab.reset()
    (word, text, sent), begun, ended = ask(name, tmp_path, lab.ports["unknown-ca"], folder, low=1)
    assert (word, sent, begun, ended) == ("memory", False, 2, 2) and text.startswith("untrusted")
    assert handshakes(lab) == 2


@pytest.mark.parametrize("name", EVERY)
def test_without_roots_nothing_is_sent(lab, tmp_path, name):
    lab.reset()
    empty = tmp_path / "roots"
    for make in (lambda: None, empty.mkdir, lambda: (empty / "index.txt").write_text("# none\n")):
        make()
        for plenty in (0, 1):
            (word, _, sent), begun, ended = ask(name, tmp_path, lab.https_port, empty, plenty=plenty)
            assert (word, sent, begun, ended) == ("roots", False, 1, 1)
    assert handshakes(lab) == 0


@pytest.mark.parametrize("name", EVERY)
def test_where_memory_is_plenty_one_handshake_knows_all_roots(lab, folder, tmp_path, name):
    lab.reset()
    (status, root, date), _, _ = ask(name, tmp_path, lab.https_port, folder, plenty=1)
    assert (status, root) == (200, 0) and abs(date - lab.world.now()) < 30 and handshakes(lab) == 1
    assert (
        ask(name, tmp_path, lab.ports["unknown-ca"], folder, plenty=1)[0][0] == "untrusted"
        and handshakes(lab) == 2
    )


@pytest.mark.parametrize("chain", CHAINS)
def test_every_chain_is_accepted_and_as_long_as_it_says(chain, tmp_path):
    with running("dyn", bind="127.0.0.1", chain=chain) as lab:
        (tmp_path / "lab.der").write_bytes(lab.authority.der)
        (tmp_path / "index.txt").write_text("lab\n")
        for name in EVERY:
            assert ask(name, tmp_path, lab.https_port, tmp_path)[0][:2] == [200, 64], name
        sent = lab.authority.chain()
        assert len(sent) == 1 + len(CHAINS[chain].authorities)
        assert chain != "long" or sum(map(len, sent)) > 5000
        assert chain != USUAL or 1300 < len(sent[0]) < 1700


def test_a_chain_that_does_not_exist_is_a_users_mistake():
    with pytest.raises(UserError, match="no chain 'dsa', only rsa, "):
        Authority(chain="dsa")


def test_keys_are_made_once():
    assert key("p-256", "test").private_numbers() == key("p-256", "test").private_numbers()


def test_an_rsa_chain_costs_more_memory_than_an_elliptic_curve_one(elf32):
    ec, usual = tls.peak("p256"), tls.peak(USUAL)
    assert 20000 < ec < usual - 4000 < 70000
