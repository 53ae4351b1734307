# SPDX-License-Identifier: MIT
"""The lab as one object: starts and stops everything, and is what tests and tools hold in their hands."""

import asyncio
import json
import os
import shutil
import tempfile
import threading
import time
from pathlib import Path

from aiohttp import web

from .. import UserError
from . import admin, ca, dns, findings, providers
from .chains import USUAL
from .faults import Switchboard
from .ledger import Ledger
from .server import Desk
from .tap import Tap
from .world import World, load_accounts

#: Seconds for the lab to come up or go down before the caller is told.
PATIENCE = 15


class Lab:
    """A provider on this machine. Use as a context manager, or start() and stop().

    provider    personality: see tools/lab/providers
    accounts    path of an accounts file, or its document as a dict; None = the personality's demo accounts
    http, https, dns, admin   ports, 0 = any free one
    bind        addresses to listen on; the first must exist
    names       more names for the good certificate (a test in a namespace calls the lab by an address)
    directory   where ca.der, ca.pem and lab.json go; None = a temporary one that is removed at the end
    speed       how much faster the lab's clock runs; start: its Unix time now; tls: "1.2" = no newer TLS
    chain       the certificates it shows, one of chains.CHAINS: as most providers have them unless told
                otherwise

    Attributes once running: http_port, https_port, dns_port, admin_port, ports (by listener name: also the
    bad certificates of ca.BAD, "plain-on-tls" and the redirect targets "stranger", "stranger-tls"), ca_der
    and ca_pem (Path), world, rules, ledger (list of dicts), connections (list of dicts), switchboard."""

    def __init__(
        self,
        provider="dyn",
        accounts=None,
        http=0,
        https=0,
        dns=0,
        admin=0,
        bind=("127.0.0.1", "::1"),
        names=(),
        directory=None,
        speed=1.0,
        start=None,
        tls="",
        chain=USUAL,
    ):
        self.provider, self.module = provider, providers.load(provider)
        if accounts is not None and not isinstance(accounts, dict):
            accounts = load_accounts(accounts)
        self.world = World(accounts or self.module.ACCOUNTS, speed, start)
        self.rules = self.world.rules = providers.rules_of(self.module)
        self.ledger_book, self.switchboard = Ledger(), Switchboard()
        self._desk = Desk(self.world, self.ledger_book, self.switchboard, self.module)
        self._wanted = {"http": http, "https": https, "dns": dns, "admin": admin}
        self._bind = (bind,) if isinstance(bind, str) else tuple(bind)
        self._names, self._tls, self._given_directory = tuple(names), tls, directory
        self._chain = chain
        self.ports = {}
        self._thread = self._loop = self._failure = None

    def annoy(self, nuisances):
        """Nuisances for every update that no fault was asked for; None = no more."""
        self._desk.nuisances = nuisances

    # life

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def start(self):
        """Returns when everything listens. UserError: a port is taken, the directory cannot be written."""
        self.directory = Path(self._given_directory or tempfile.mkdtemp(prefix="wanbeacon-lab-"))
        names = [
            *self.rules.names,
            *self._names,
            *(bind for bind in self._bind if bind not in ("0.0.0.0", "::")),
        ]
        self.authority = ca.Authority(names, self._tls, self._chain)
        up = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._main(up)), name="lab", daemon=True)
        self._thread.start()
        if not up.wait(PATIENCE) and self._failure is None:
            self._failure = UserError("the lab did not start within %d s" % PATIENCE)
        if self._failure:
            self.stop()
            raise self._failure
        self.ca_der, self.ca_pem = self.directory / "ca.der", self.directory / "ca.pem"
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            self.ca_der.write_bytes(self.authority.der)
            self.ca_pem.write_bytes(self.authority.pem)
            # lab.json last and at once: whoever waits for it finds everything ready.
            (self.directory / "lab.json.new").write_text(json.dumps(self.description(), indent=1) + "\n")
            (self.directory / "lab.json.new").replace(self.directory / "lab.json")
        except OSError as error:
            self.stop()
            raise UserError(
                "cannot write to the lab's directory %s: %s; choose another with --dir"
                % (self.directory, error.strerror)
            ) from None
        return self

    def stop(self):
        if self._loop is not None and self._loop.is_running():
            self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(PATIENCE)
        if self._given_directory is None:
            shutil.rmtree(self.directory, ignore_errors=True)

    async def _main(self, up):
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        closers = []
        try:
            await self._listen(closers)
        except OSError as error:
            self._failure = self._explain(error)
        except Exception as error:  # the caller's thread is where it belongs
            self._failure = error
        up.set()
        if self._failure is None:
            await self._end.wait()
        for closer in closers:
            done = closer()
            if done is not None:
                await done

    async def _listen(self, closers):
        factory = self._desk.factory()
        good, trouble = self.authority.context, self._trouble
        taps = [
            Tap("http", self.ledger_book, factory, trouble=trouble),
            Tap("https", self.ledger_book, factory, good, trouble=trouble),
            *(Tap(kind, self.ledger_book, factory, good, certificate=kind) for kind in ca.BAD),
            Tap("plain-on-tls", self.ledger_book, factory),
            Tap("stranger", self.ledger_book, factory),
            Tap("stranger-tls", self.ledger_book, factory, good),
        ]
        self._desk.plain = {"http", "plain-on-tls", "stranger"}
        for tap in taps:
            self._busy = (tap.name, self._wanted.get(tap.name, 0))
            closers.append(tap.close)
            self.ports[tap.name] = await tap.listen(self._bind, self._wanted.get(tap.name, 0))
        self._desk.stranger = (
            "http://localhost:%d" % self.ports["stranger"],
            "https://localhost:%d" % self.ports["stranger-tls"],
        )
        self._busy = ("dns", self._wanted["dns"])
        self.ports["dns"], servers = await dns.serve(self.world, self._bind[0], self._wanted["dns"])
        closers += [server.close for server in servers]
        self._busy = ("admin", self._wanted["admin"])
        runner = web.AppRunner(admin.application(self), access_log=None, shutdown_timeout=0.5)
        await runner.setup()
        closers.append(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", self._wanted["admin"]).start()
        self.ports["admin"] = runner.addresses[0][1]
        self.http_port, self.https_port = self.ports["http"], self.ports["https"]
        self.dns_port, self.admin_port = self.ports["dns"], self.ports["admin"]

    def _explain(self, error):
        name, port = self._busy
        why = {98: "is already in use", 13: "needs root rights"}.get(error.errno)
        if why:
            return UserError(
                "port %d on %s %s: choose another with --%s (0 = any)" % (port, self._bind[0], why, name)
            )
        return UserError(
            "cannot listen on %s (%s): choose an address of this machine with --bind"
            % (self._bind[0], error.strerror or error)
        )

    def _trouble(self):
        for item in self.switchboard.take("accept"):
            return item["name"], item["options"]
        return None

    # what tests ask and say

    @property
    def ledger(self):
        return self.ledger_book.requests()

    def ledger_of(self, kind):
        return self.ledger_book.requests(kind)

    @property
    def updates(self):
        """The update requests alone."""
        return self.ledger_book.requests("update")

    @property
    def connections(self):
        return self.ledger_book.connections()

    def published(self, host):
        return self.world.published(host)

    def verdicts(self):
        """One dict per client: see findings.verdict."""
        return [findings.verdict(client, self.rules) for client in self.ledger_book.clients()]

    def findings(self):
        """The names of everything any client did wrong, sorted, each once."""
        return sorted({row["finding"] for verdict in self.verdicts() for row in verdict["findings"]})

    def wait_for(self, count, timeout=5.0, kind=None):
        return self.ledger_book.wait_for(count, timeout, kind)

    def wait_quiet(self, timeout=5.0):
        """True once every connection has ended, so that what is on file of them is complete; False after
        `timeout` s."""
        end = time.monotonic() + timeout
        while self._desk.busy or any(
            not entry["closed"] for entry in self.ledger_book.connections(data=False)
        ):
            if time.monotonic() > end:
                return False
            time.sleep(0.005)
        return True

    def fault(self, name, **options):
        """Turns a fault of faults.FAULTS on; `times=N`, `host=`, `kind_of=` and the fault's own options."""
        self.switchboard.set(name, **options)

    def answer(self, text, status=200, headers=None, times=None, **scope):
        """Answers `text` as it is, instead of what the personality says; nothing is stored. Answers queue
        up."""
        self.switchboard.set("answer", times=times, text=text, status=status, headers=headers or {}, **scope)

    def clear(self, name=None):
        """Turns one fault or all faults and forced answers off."""
        self.switchboard.clear(name)

    def reset(self):
        """As new, on the same ports: no faults, an empty ledger, nothing published. The clock and the rules
        stay."""
        self.switchboard.clear()
        self.ledger_book.clear()
        self.world.restore()

    def forgive(self):
        self.ledger_book.forgive()

    def description(self):
        """The content of lab.json."""
        return {
            "provider": self.provider,
            "pid": os.getpid(),
            "http": self.ports["http"],
            "https": self.ports["https"],
            "dns": self.ports["dns"],
            "admin": "http://127.0.0.1:%d" % self.ports["admin"],
            "ports": self.ports,
            "ca_der": str(self.directory / "ca.der"),
            "ca_pem": str(self.directory / "ca.pem"),
            "update_paths": self.rules.update_paths,
            "check_paths": self.rules.check_paths,
            "accounts": [
                {
                    "user": account.user,
                    "password": account.password,
                    "tokens": account.tokens,
                    "hosts": [host.name for host in self.world.hosts_of(account)],
                }
                for account in self.world.accounts.values()
            ],
        }
