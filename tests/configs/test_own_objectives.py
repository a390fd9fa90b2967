"""An objective that an installed package announces."""

import subprocess
import sys

_MODULE = """
from tcc import algorithms

class Mine(algorithms.EmbeddingObjective):
    def objective_on_embeddings(self, embs, batch, *, training, seed):
        return 0.0, {}

algorithms.register_objective("mine", Mine)
"""


def test_an_installed_package_brings_its_objective(tmp_path):
    (tmp_path / "my_objectives.py").write_text(_MODULE)
    info = tmp_path / "my_objectives-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Name: my-objectives\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[tcc.objectives]\nmine = my_objectives\n"
    )
    code = (
        f"import sys; sys.path.append({str(tmp_path)!r})\n"
        "from tcc.configs import schema, validation\n"
        "config = schema.ExperimentConfig()\n"
        "config.algorithm.name = 'mine'\n"
        "validation.validate(config)\n"
        "assert 'tensorflow' not in sys.modules\n"
        "assert 'my_objectives' not in sys.modules\n"
        "from tcc import algorithms\n"
        "assert algorithms.clip_spec(config) == algorithms.ClipSpec()\n"
        "assert algorithms.registry.find('mine').__name__ == 'Mine'\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
