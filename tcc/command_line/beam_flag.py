"""The flag of every command that can work on Apache Beam."""

from absl import flags

BEAM = flags.DEFINE_list(
    "beam_pipeline_options",
    None,
    "Do the work on Apache Beam, with these options: "
    "'runner=DirectRunner,direct_num_workers=2'. Needs the extra [beam].",
)
