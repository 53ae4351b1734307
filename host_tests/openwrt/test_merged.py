"""The router's merged file behaves as the modules it was made of: shared tests run on it, through modules that only hand
its short names on under the sources' names."""

import shutil

from host_tests.host.test_shrink import BEHAVIOUR
from host_tests.on_micropython import run_compiled
from tools import mpy
from tools.openwrt import sources

#: These put a fake into a module, which the merged file does not look at.
FAKING = ("observe_choose",)


def hand_on(folder, program):
    """Adds `wanbeacon/decide.py` and its like to a folder with the compiled files of a merge.Program."""
    for module in program.merged:
        file, rows = folder / program.paths[module], []
        for name in program.tops[module]:
            made, old, new = program.look_up(module, name)
            if made in program.merged and "_" not in (name[0], new[0]) and program.tops[made][old] is None:
                home = program.home[made].rpartition(".")[2]
                rows.append("from wanbeacon import %s\n%s = %s.%s" % (home, name, home, new))
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("\n".join(rows) + "\n")


def test_shared_tests_pass_on_the_merged_file(tmp_path):
    sources.write(tmp_path / "sources")
    mpy.compile_tree(tmp_path / "mpy", tmp_path / "sources")
    for package in ("nat", "import-ddns"):
        shutil.copytree(tmp_path / "mpy" / package, tmp_path / "mpy/main", dirs_exist_ok=True)
    hand_on(tmp_path / "mpy/main", sources._build()[0])
    assert run_compiled(sorted(set(BEHAVIOUR) - set(FAKING)), tmp_path / "mpy/main") > 100
