"""A cache is whole or not there, and never another one's."""

import copy
import errno
import pathlib
import resource
import threading
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from tcc import feature_cache
from tcc.feature_cache import identity, storage, videos
from tcc.training import checkpoints
from tcc.video.planning import catalogue as catalogue_lib
from tests.robustness import disks
from tests.video import prepared_videos


@pytest.fixture(name="encoder")
def _encoder(cached_config):
    return checkpoints.build_encoder(cached_config)


def _files(config) -> dict[str, bytes]:
    """Contents of all files of all caches, without locks."""
    root = pathlib.Path(config.feature_cache.folder)
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and path.suffix != ".lock"
    }


def _digest(config, encoder) -> str:
    catalogue = catalogue_lib.build(config.data, config.train.batch_size)
    return identity.digest(identity.describe(config, encoder, catalogue))


def test_it_is_computed_once_and_holds_two_bytes_a_value(
    cached_config, encoder
):
    features = feature_cache.open_or_build(cached_config, encoder)
    layout = features.layout
    path = features.folder / storage.FEATURES
    # Features of 32 pixels at stride 16.
    assert layout.feature_shape == (2, 2, 128)
    assert path.stat().st_size == layout.num_frames * 2 * 2 * 128 * 2
    before = path.stat().st_mtime_ns
    again = feature_cache.open_or_build(cached_config, encoder)
    assert again.folder == features.folder
    assert path.stat().st_mtime_ns == before


def test_what_features_depend_on_has_a_cache_of_its_own(cached_config):
    config = cached_config
    encoder = checkpoints.build_encoder(config)
    found = {_digest(config, encoder)}

    def add(path, value):
        changed = copy.deepcopy(config)
        *sections, name = path.split(".")
        section = changed
        for part in sections:
            section = getattr(section, part)
        setattr(section, name, value)
        with_weights = checkpoints.build_encoder(changed)
        with_weights.backbone.set_weights(encoder.backbone.get_weights())
        found.add(_digest(changed, with_weights))

    add("train.batch_size", 4)
    add("train.seed", 5)
    add("data.num_context", 1)
    add("data.augmentation.hue", True)
    add("feature_cache.variants", 1)
    assert len(found) == 1  # these change no feature
    changes = {
        "data.image_size": 48,
        "data.max_train_videos": 4,
        "data.train_split": "train[1:]",
        "model.feature_grid": 1,
        "feature_cache.dtype": "bfloat16",
        "train.mixed_precision": "mixed_bfloat16",
        "feature_cache.variants": 2,
    }
    for path, value in changes.items():
        add(path, value)
    config.feature_cache.variants = 2
    add("train.seed", 5)
    add("data.augmentation.hue", True)
    assert len(found) == 1 + len(changes) + 2
    config.feature_cache.variants = 0
    variable = encoder.backbone.weights[-1]
    variable.assign(variable + 1e-6)
    found.add(_digest(config, encoder))
    config.model.backbone_layer = "relu2"
    found.add(_digest(config, checkpoints.build_encoder(config)))
    assert len(found) == 1 + len(changes) + 4


def test_data_of_other_content_have_a_cache_of_their_own(
    cached_config, encoder, tmp_path
):
    digests = []
    for number in range(2):
        prepared_videos.write(
            tmp_path / str(number),
            "tiny",
            lengths={"train": [5, 6]},
            first_number=number,  # other greys, the same sizes
        )
        cached_config.data.data_dir = str(tmp_path / str(number))
        cached_config.data.datasets = ("tiny",)
        digests.append(_digest(cached_config, encoder))
        assert digests[-1] == _digest(cached_config, encoder)
    assert digests[0] != digests[1]


def test_an_interrupted_computation_goes_on(
    cached_config, encoder, monkeypatch, tmp_path
):
    whole = copy.deepcopy(cached_config)
    whole.feature_cache.folder = str(tmp_path / "whole")
    feature_cache.open_or_build(whole, encoder)
    read, calls = videos.read_record, []

    def interrupted(catalogue, video):
        calls.append(video)
        if len(calls) == 8 + 4:  # 8 to find the lengths
            raise KeyboardInterrupt
        return read(catalogue, video)

    monkeypatch.setattr(videos, "read_record", interrupted)
    with pytest.raises(KeyboardInterrupt):
        feature_cache.open_or_build(cached_config, encoder)
    names = _files(cached_config)
    assert all(".partial/" in name for name in names)
    feature_cache.open_or_build(cached_config, encoder)
    assert calls[12 + 8 :] == [3, 4, 5, 6, 7]
    assert _files(cached_config) == _files(whole)


def test_a_disk_that_takes_no_large_files_is_left_empty(cached_config, encoder):
    """The system refuses files of more than 4 kB, as it does a full disk."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
    try:
        with pytest.raises(OSError, match=r"Free some space, .*cache") as error:
            feature_cache.open_or_build(cached_config, encoder)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert error.value.errno == errno.EFBIG
    assert not _files(cached_config)
    feature_cache.open_or_build(cached_config, encoder)


@pytest.fixture
def disk(cached_config, tmp_path):
    """A file system of 8 MB that holds the caches; one takes 200 kB."""
    with disks.mounted(tmp_path / "disk", kilobytes=8192) as folder:
        cached_config.feature_cache.folder = str(folder)
        yield folder


def test_a_disk_too_small_is_refused_before_anything_is_written(
    cached_config, encoder, disk
):
    # 256 MB are to stay free.
    with pytest.raises(OSError, match=r"needs .* there are 8\.4 MB") as error:
        feature_cache.open_or_build(cached_config, encoder)
    assert error.value.errno == errno.ENOSPC
    assert not _files(cached_config)


def test_a_disk_that_others_fill_as_it_begins(
    cached_config, encoder, disk, monkeypatch
):
    monkeypatch.setattr(storage, "_MARGIN_BYTES", 0)
    older = copy.deepcopy(cached_config)
    older.feature_cache.dtype = "bfloat16"
    feature_cache.open_or_build(older, encoder)
    before = _files(older)
    require_space = storage.require_space

    def then_filled(folder, num_bytes):
        require_space(folder, num_bytes)
        disks.fill(disk)

    with monkeypatch.context() as patch:
        patch.setattr(storage, "require_space", then_filled)
        with pytest.raises(OSError, match=r"No space.* MB needed.*Free some"):
            feature_cache.open_or_build(cached_config, encoder)
    (disk / "ballast").unlink()
    assert _files(cached_config) == before  # the other cache, nothing else
    feature_cache.open_or_build(cached_config, encoder)


def test_a_disk_that_others_fill_between_two_videos(
    cached_config, encoder, disk, monkeypatch
):
    monkeypatch.setattr(storage, "_MARGIN_BYTES", 0)
    fill, filled = storage.PartialCache.fill, []

    def then_filled(cache, index, features):
        fill(cache, index, features)
        filled.append(index)
        if len(filled) == 3:
            disks.fill(disk)

    monkeypatch.setattr(storage.PartialCache, "fill", then_filled)
    with pytest.raises(OSError, match=r"No space.* MB needed.*Free some"):
        feature_cache.open_or_build(cached_config, encoder)
    (disk / "ballast").unlink()
    feature_cache.open_or_build(cached_config, encoder)
    assert filled == list(range(8))  # none twice
    resumed = _files(cached_config)
    cached_config.feature_cache.folder = str(disk / "whole")
    feature_cache.open_or_build(cached_config, encoder)
    assert _files(cached_config) == resumed


def test_what_would_not_fit_is_refused_with_both_sizes(tmp_path):
    with pytest.raises(
        OSError, match=r"needs 1000000\.0 GB, and .* there are [\d.]+ [GM]B"
    ) as error:
        storage.require_space(tmp_path, 10**15)
    assert error.value.errno == errno.ENOSPC
    assert str(tmp_path) in str(error.value)
    storage.require_space(tmp_path, 1000)


def test_two_processes_compute_one_cache(cached_config, encoder):
    """The lock is of the system, which knows nothing of threads."""
    catalogue = catalogue_lib.build(cached_config.data, 2)
    description = identity.describe(cached_config, encoder, catalogue)
    root = pathlib.Path(cached_config.feature_cache.folder)
    folder = root / identity.digest(description)
    thread = threading.Thread(
        target=feature_cache.open_or_build, args=(cached_config, encoder)
    )
    with storage.lock(folder):
        thread.start()
        thread.join(timeout=1)
        assert thread.is_alive()
        assert not _files(cached_config)
    thread.join(timeout=60)
    assert storage.is_complete(folder)


@pytest.mark.parametrize("name", [storage.FEATURES, "cache.json"])
def test_a_changed_cache_is_refused(cached_config, encoder, name):
    features = feature_cache.open_or_build(cached_config, encoder)
    path = features.folder / name
    path.write_bytes(path.read_bytes()[:-2])
    with pytest.raises(ValueError, match=r"is damaged: .* Delete the folder"):
        feature_cache.open_or_build(cached_config, encoder)


def test_features_beyond_float16_are_refused(cached_config, encoder):
    for layer in encoder.backbone.layers:
        if layer.name == "bn3":
            layer.beta.assign(tf.fill(layer.beta.shape, 1e5))
    with pytest.raises(ValueError, match=r"use bfloat16. Received: 'float16'"):
        feature_cache.open_or_build(cached_config, encoder)
    cached_config.feature_cache.dtype = "bfloat16"
    feature_cache.open_or_build(cached_config, encoder)


def test_a_damaged_frame_is_named(cached_config, encoder, tmp_path):
    prepared_videos.write(
        tmp_path / "damaged",
        "tiny",
        lengths={"train": [5, 6]},
        broken_before=1,
    )
    cached_config.data.data_dir = str(tmp_path / "damaged")
    cached_config.data.datasets = ("tiny",)
    with pytest.raises(ValueError, match="frame 0 of video 'video_0' cannot"):
        feature_cache.open_or_build(cached_config, encoder)


def test_a_network_without_backbone_is_refused(cached_config, encoder):
    with pytest.raises(ValueError, match=r"enabled must be False .*alignment"):
        feature_cache.open_or_build(cached_config, encoder.backbone)


class _Harmful:
    """Writes a file when it is unpickled."""

    def __init__(self, path):
        self._path = path

    def __reduce__(self):
        return (pathlib.Path.touch, (self._path,))


def test_no_object_in_a_file_is_loaded(tmp_path):
    objects = np.array([_Harmful(tmp_path / "harm")])
    names = ("numbers", "seq_lens", "labels", "names", "frame_labels")
    arrays: dict[str, Any] = dict.fromkeys(names, objects)
    np.savez(tmp_path / "videos.npz", **arrays)
    with pytest.raises(ValueError, match=r"'numbers' must .* dtype object"):
        videos.load(tmp_path / "videos.npz", numbers=np.arange(1))
    assert not (tmp_path / "harm").exists()


def test_only_what_is_read_is_in_memory(tmp_path):
    def own_bytes():
        status = pathlib.Path("/proc/self/status").read_text()
        line = next(s for s in status.splitlines() if s.startswith("RssAnon"))
        return int(line.split()[1]) * 1024

    if not pathlib.Path("/proc/self/status").is_file():
        pytest.skip("needs Linux")
    layout = storage.Layout((8, 8, 1024), copies=1, num_frames=8000)
    with (tmp_path / storage.FEATURES).open("wb") as file:
        file.truncate(layout.num_bytes)  # 1 GB of zeros that take no space
    table = videos.VideoTable(
        numbers=np.array([0]),
        seq_lens=np.array([8000]),
        labels=np.array([-1]),
        names=np.array(["long"]),
        frame_labels=np.full(8000, -1),
    )
    features = feature_cache.FeatureCache(
        tmp_path, table, layout, dtype="float16"
    )
    before = own_bytes()
    for start in range(0, 8000, 1000):
        frames = tf.range(start, start + 20, dtype=tf.int64)
        features.read_features(tf.constant(0, tf.int64), frames, [0, 1])
    assert own_bytes() - before < 100e6


def _damage_table(path, change):
    with np.load(path) as arrays:
        found = dict(arrays)
    np.savez(path, **found | change(found))


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(path.read_bytes()[:-50]),
        lambda path: path.unlink(),
        lambda path: _damage_table(path, lambda a: {"numbers": a["labels"]}),
        lambda path: _damage_table(
            path, lambda a: {"numbers": a["numbers"] + 2**40}
        ),
        lambda path: _damage_table(path, lambda a: {"names": a["names"][1:]}),
        lambda path: _damage_table(
            path, lambda a: {"seq_lens": a["seq_lens"] * -1}
        ),
        lambda path: _damage_table(
            path, lambda a: {"frame_labels": a["frame_labels"][1:]}
        ),
        lambda path: _damage_table(path, lambda a: {"seq_lens": a["names"]}),
    ],
)
def test_a_damaged_table_is_named(cached_config, encoder, damage):
    folder = feature_cache.open_or_build(cached_config, encoder).folder
    damage(folder / storage.VIDEOS)
    with pytest.raises(
        ValueError, match=rf"{folder}/videos.npz is damaged.*Delete the folder"
    ):
        feature_cache.open_or_build(cached_config, encoder)


@pytest.mark.parametrize(
    "content",
    [
        "[" * 100_000,
        '{"a":' * 100_000,
        "",
        '{"num_videos": "3"}',
        '{"num_videos": 1e300}',
        '{"num_videos": -1}',
        '{"num_videos": 1000}',
    ],
    ids=["deep_list", "deep_dict", "empty", "text", "float", "less", "more"],
)
def test_damaged_progress_starts_anew(cached_config, encoder, content):
    """What was left by a stopped process, and then damaged."""
    folder = feature_cache.open_or_build(cached_config, encoder).folder
    expected = _files(cached_config)
    partial = folder.with_name(folder.name + ".partial")
    for damaged in ("progress.json", "cache.json"):
        folder.rename(partial)
        (partial / "progress.json").write_text('{"num_videos": 8}')
        (partial / storage.VIDEOS).write_bytes(b"damaged")
        (partial / damaged).write_text(content)
        feature_cache.open_or_build(cached_config, encoder)
        assert _files(cached_config).keys() == expected.keys()
        table = f"{folder.name}/{storage.VIDEOS}"
        assert {
            k: v for k, v in _files(cached_config).items() if k != table
        } == {k: v for k, v in expected.items() if k != table}
