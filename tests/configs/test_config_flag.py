"""--config: the names and paths by which users choose an experiment."""

import subprocess
import sys

import pytest

_PRINT = """
import sys
from absl import flags
from tcc import command_line
from tcc.command_line import config_flag
def main(argv):
    print(*flags.FLAGS.config.data.datasets)
    print("tensorflow" in sys.modules)
command_line.run(main)
"""


def _run(config, cwd, pythonpath):
    return subprocess.run(
        [sys.executable, "-c", _PRINT, f"--config={config}"],
        capture_output=True,
        text=True,
        cwd=cwd,
        env={"PYTHONPATH": str(pythonpath)},
    )


@pytest.mark.parametrize(
    ("config", "datasets"),
    [
        ("g1_bottle_light", "video_folder/g1_bottle"),
        ("configs/demo.py", "pouring_synthetic/easy"),
        ("penn_action:squats,tcn,vggm", "penn_action/squats"),
        ("configs/penn_action.py:squats", "penn_action/squats"),
        ("paper/pouring_resnet50_tcc", "pouring"),
        ("paper/penn_action_vggm_sal:squats", "penn_action/squats"),
        ("configs/paper.py:penn_action_vggm_sal:squats", "penn_action/squats"),
        # The paths of the files that each experiment once had.
        ("configs/paper/pouring_vggm_sal.py", "pouring"),
        (
            "./configs/paper/penn_action_vggm_sal.py:squats",
            "penn_action/squats",
        ),
    ],
)
def test_an_experiment_is_found(config, datasets, pytestconfig):
    ran = _run(config, pytestconfig.rootpath, pytestconfig.rootpath)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout == f"{datasets}\nFalse\n"


def test_a_users_own_file_is_taken(tmp_path, pytestconfig):
    own = tmp_path / "configs" / "paper" / "pouring_vggm_sal.py"
    own.parent.mkdir(parents=True)
    own.write_text(
        "from tcc.configs import demo\n"
        "def get_config():\n"
        "    config = demo.get_config()\n"
        "    config.data.datasets = ('mine',)\n"
        "    return config\n",
        encoding="utf-8",
    )
    for config in (own, own.relative_to(tmp_path)):
        ran = _run(config, tmp_path, pytestconfig.rootpath)
        assert ran.stdout == "mine\nFalse\n", ran.stderr


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ("pouring:tcm", "one method of tcc"),
        (
            "schema",
            "demo, g1_bottle, g1_bottle_light, own_clips, paper, penn_action",
        ),
        ("paper/vggm_tcc", "pouring_vggm_tcc: Pouring, TCC, VGG-M"),
        ("paper", "pouring_vggm_tcc: Pouring, TCC, VGG-M"),
        ("paper/", "pouring_vggm_tcc: Pouring, TCC, VGG-M"),
        ("configs/paper/vggm_tcc.py", "pouring_vggm_tcc: Pouring, TCC, VGG-M"),
        ("paper/penn_action_vggm_sal:squat", "one action of baseball_pitch"),
    ],
)
def test_a_bad_name_ends_a_command_with_one_message(
    config, message, pytestconfig
):
    ran = _run(config, pytestconfig.rootpath, pytestconfig.rootpath)
    assert ran.returncode == 2
    assert message in ran.stderr
    assert "Traceback" not in ran.stderr
