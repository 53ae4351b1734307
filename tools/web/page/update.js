// SPDX-License-Identifier: MIT
// Brings a board's program up to date over its console (MicroPython's raw REPL), file by file; settings and journal are left
// alone. The order makes a pulled cable harmless: main.py goes first and comes last, every file is written under another name,
// checked and renamed, and the next run copies only what is missing. As `tools flash` does it.

const CHUNK = 1536; // bytes of a file in one command: 2 KB of base64, which the smallest heap has room for
const ANSWER_MS = 10000;
const START_MS = 20000; // opening the port may restart the board
const PORTAL = "/lib/wanbeacon/portal/";

// What runs on the board: SHA-256 of a file, all files, a folder for a path.
const HELPERS = `
import os, json, hashlib, binascii, gc
def S(p):
 h = hashlib.sha256()
 with open(p, 'rb') as f:
  while 1:
   b = f.read(512)
   if not b: return binascii.hexlify(h.digest()).decode()
   h.update(b)
def L(d):
 for e in os.ilistdir(d or '/'):
  if e[1] == 0x4000: yield from L(d + '/' + e[0])
  else: yield d + '/' + e[0]
def D(p):
 p = p.split('/')
 for i in range(2, len(p)):
  try: os.mkdir('/'.join(p[:i]))
  except OSError: pass
`;

const latin = (bytes) => Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
const bytesOf = (text) => Uint8Array.from(text, (char) => char.charCodeAt(0));
const quoted = (path) => JSON.stringify(path);

class Board {
  constructor(port) {
    this.port = port;
    this.got = "";
    this.lost = null;
  }

  async open() {
    try {
      await this.port.open({ baudRate: 115200, bufferSize: 8192 });
    } catch {
      throw new Error("The port is in use. Close other programs and windows that talk to the board.");
    }
    this.reader = this.port.readable.getReader();
    this.listening = this.listen();
  }

  async listen() {
    try {
      for (;;) {
        const { value, done } = await this.reader.read();
        if (done) return;
        this.got += latin(value);
      }
    } catch (error) {
      this.lost = error; // the cable was pulled
    }
  }

  async close() {
    await this.reader.cancel().catch(() => {});
    await this.listening;
    this.reader.releaseLock();
    await this.port.close().catch(() => {});
  }

  async write(text) {
    const writer = this.port.writable.getWriter();
    try {
      await writer.write(bytesOf(text));
    } finally {
      writer.releaseLock();
    }
  }

  // What comes in up to the first `end`, without it; for a number: so many characters.
  async until(end, ms = ANSWER_MS) {
    const start = Date.now();
    for (;;) {
      const at = typeof end === "number" ? (this.got.length >= end ? end : -1) : this.got.indexOf(end);
      if (at >= 0) {
        const text = this.got.slice(0, at);
        this.got = this.got.slice(at + (typeof end === "number" ? 0 : end.length));
        return text;
      }
      if (this.lost) throw new Error("The board was unplugged.");
      if (Date.now() - start > ms) throw new Error("The board does not answer. Unplug it, plug it in and try again.");
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }

  // The console, with a heap that the agent no longer lives in.
  async enter() {
    const start = Date.now();
    for (;;) {
      await this.write("\r\x03\x03");
      await new Promise((resolve) => setTimeout(resolve, 300));
      this.got = "";
      await this.write("\r\x01");
      try {
        await this.until("raw REPL; CTRL-B to exit\r\n>", 1500);
        break;
      } catch (error) {
        if (this.lost || Date.now() - start > START_MS) throw error;
      }
    }
    await this.write("\x04");
    await this.until("soft reboot\r\n");
    await this.until("raw REPL; CTRL-B to exit\r\n>", START_MS);
    await this.run(HELPERS);
  }

  // Runs a program on the board (raw paste, with its flow control) and returns what it prints.
  async run(code) {
    await this.write("\x05A\x01");
    if ((await this.until(2)) !== "R\x01") throw new Error("This is not a board with MicroPython 1.23 or newer.");
    const window = await this.until(2);
    const step = window.charCodeAt(0) + 256 * window.charCodeAt(1);
    let room = step;
    for (let at = 0; at < code.length; ) {
      while (room === 0 || this.got.length) {
        const word = await this.until(1);
        if (word === "\x01") room += step;
        else throw new Error("The board does not take the program.");
      }
      const piece = code.slice(at, at + room);
      await this.write(piece);
      at += piece.length;
      room -= piece.length;
    }
    await this.write("\x04");
    await this.until("\x04");
    const said = await this.until("\x04", START_MS);
    const wrong = await this.until("\x04");
    await this.until(">");
    if (wrong) throw new Error("The board could not do it: " + wrong.trim().split("\n").pop());
    return said;
  }

  async value(expression) {
    return JSON.parse(await this.run(`gc.collect()\nprint(json.dumps(${expression}))`));
  }

  async put(path, data, progress) {
    await this.run(`D(${quoted(path)})\nf = open(${quoted(path + ".new")}, 'wb')`);
    for (let at = 0; at < data.length; at += CHUNK) {
      const piece = data.subarray(at, at + CHUNK);
      await this.run(`n = f.write(binascii.a2b_base64('${btoa(latin(piece))}'))`);
      progress(piece.length);
    }
    await this.run("f.close()");
  }
}

const fetched = async (url) => {
  const answer = await fetch(url, { cache: "no-store" });
  if (!answer.ok) throw new Error(`${url} cannot be loaded (${answer.status}).`);
  return answer;
};

// Asks for a board and updates it. release: folder of the page; show(text, part): what happens, and how much of it is done.
export async function update(release, show) {
  const port = await navigator.serial.requestPort();
  const board = new Board(port);
  show("Looking at the board ...");
  const wanted = await (await fetched(`${release}/update.json`)).json();
  await board.open();
  try {
    await board.enter();
    show(await bring(board, release, wanted, show));
  } finally {
    await board.close();
  }
}

async function bring(board, release, wanted, show) {
  const present = await board.value("list(L(''))");
  if (!present.some((path) => path.startsWith("/lib/wanbeacon/"))) {
    throw new Error("This board does not run Wanbeacon yet: install it as a new board.");
  }
  const name = present.includes("/lib/board.json") ? await board.value("json.load(open('/lib/board.json')).get('name')") : "";
  if (!wanted.boards[name]) throw new Error(`This page has nothing for the board ${name || "without a name"}.`);
  const all = { ...wanted.files, ...wanted.boards[name] };
  const portal = present.some((path) => path.startsWith(PORTAL));
  const files = Object.entries(all).filter(([path]) => portal || !path.startsWith(PORTAL));

  const sums = {};
  const known = files.map(([path]) => path).filter((path) => present.includes(path));
  for (let at = 0; at < known.length; at += 8) {
    Object.assign(sums, await board.value(`{p: S(p) for p in ${JSON.stringify(known.slice(at, at + 8))}}`));
    show("Comparing its files ...", at / known.length);
  }
  const todo = files.filter(([path, sum]) => sums[path] !== sum && path !== "/main.py");
  const ours = (path) => wanted.ours.some((start) => path.startsWith(start));
  const old = present.filter((path) => (ours(path) && !(path in all)) || path === "/main.mpy");
  if (!todo.length && !old.length && sums["/main.py"] === all["/main.py"]) {
    await restart(board);
    return `Nothing to do: the board runs version ${wanted.version} already.`;
  }

  todo.push(["/main.py", all["/main.py"]]);
  const data = {};
  let total = 0;
  for (const [path, sum] of todo) {
    data[path] = new Uint8Array(await (await fetched(`${release}/files/${sum}`)).arrayBuffer());
    total += data[path].length;
  }
  if (present.includes("/main.py")) await board.run("os.remove('/main.py')");
  for (const path of old) await board.run(`os.remove(${quoted(path)})`);
  let done = 0;
  for (const [path, sum] of todo) {
    await board.put(path, data[path], (more) => {
      done += more;
      show(`Copying ${path.split("/").pop()} ...`, done / total);
    });
    if ((await board.value(`S(${quoted(path + ".new")})`)) !== sum) throw new Error(`${path} arrived damaged. Try again.`);
    await board.run(`os.rename(${quoted(path + ".new")}, ${quoted(path)})`);
  }
  await restart(board);
  return `Done: the board runs version ${wanted.version}. Its settings are as they were.`;
}

// The agent starts again; nothing answers any more.
async function restart(board) {
  await board.write("import machine\nmachine.reset()\n\x04");
  await new Promise((resolve) => setTimeout(resolve, 200));
}
