"""The router's merged file behaves as the modules it was made of: shared tests run on it, through modules that only hand
its short names on under the sources' names."""

import ast
import shutil
import subprocess

from host_tests.host.test_shrink import BEHAVIOUR
from host_tests.needs import usable
from host_tests.on_micropython import SHARED, Report
from tools import ROOT, interpreters, mpy
from tools.openwrt import sources

#: These put a fake into a module, which the merged file does not look at.
FAKING = ("observe_choose",)


def hand_on(folder):
    """Adds `wanbeacon/decide.py` and its like to a folder with the compiled main package."""
    program, _ = sources._build()
    for module in program.merged:
        file, rows = folder / program.paths[module], []
        for name in program.tops[module]:
            made, old, new = program.look_up(module, name)
            if made in program.merged and "_" not in (name[0], new[0]) and program.tops[made][old] is None:
                rows.append("%s = merged.%s" % (name, new))
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("\n".join(["from wanbeacon import merged", *rows]) + "\n")


def test_shared_tests_pass_on_the_merged_file(tmp_path):
    sources.write(tmp_path / "sources")
    mpy.compile_tree(tmp_path / "mpy", tmp_path / "sources")
    for package in ("nat", "import-ddns"):
        shutil.copytree(tmp_path / "mpy" / package, tmp_path / "mpy/main", dirs_exist_ok=True)
    hand_on(tmp_path / "mpy/main")
    one, run = usable("micropython-amd64"), 0
    for name in sorted(set(BEHAVIOUR) - set(FAKING)):
        path = SHARED / ("test_%s.py" % name)
        names = [n.name for n in ast.parse(path.read_text()).body if isinstance(n, ast.FunctionDef) and n.name.startswith("test_")]
        done = subprocess.run(one.command(ROOT / "host_tests/run_shared.py", path.stem, *names), cwd=ROOT, text=True,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=100,
                              env=interpreters.environment(tmp_path / "mpy/main", SHARED))
        report = Report(done.stdout + done.stderr, "exit status %d" % done.returncode)
        for each in names:
            passed, output = report.of(each)
            assert passed, "%s %s\n%s" % (path.name, each, output)
        run += len(names)
    assert run > 100
