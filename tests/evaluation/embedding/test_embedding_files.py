import dataclasses
import io
import pickle
import zipfile

import numpy as np
import pytest

from tcc.evaluation.embedding import embedding_files
from tcc.evaluation.embedding.embeddings import find_video
from tests.evaluation.examples import make_embeddings

_TIMES = np.arange(14.0)
_RNG = np.random.default_rng(1)


def _example():
    return make_embeddings(
        [_RNG.normal(size=(n, 4)) for n in (5, 1, 8)],
        [np.arange(5), np.array([-1]), np.arange(8) // 4],
    )


def _arrays(path):
    with np.load(path, allow_pickle=False) as file:
        return dict(file)


def test_round_trip(tmp_path):
    before = dataclasses.replace(_example(), names=["a/b", "ü", "c d"])
    path = tmp_path / "new" / "val.npz"
    embedding_files.save(before, path)
    after = embedding_files.load(path)
    for field in dataclasses.fields(before):
        old, new = getattr(before, field.name), getattr(after, field.name)
        if isinstance(old, list):
            for a, b in zip(old, new, strict=True):
                np.testing.assert_array_equal(a, b)
                assert type(a) is type(b)
        else:
            np.testing.assert_array_equal(old, new)
    assert [p.name for p in path.parent.iterdir()] == ["val.npz"]


def test_the_file_needs_no_pickle_and_has_the_promised_keys(tmp_path):
    path = tmp_path / "val.npz"
    embedding_files.save(_example(), path)
    arrays = _arrays(path)
    assert {"embs", "names", "steps", "labels", "fps"} <= set(arrays)
    assert arrays["embs"].shape == (14, 4)
    assert arrays["lengths"].tolist() == [5, 1, 8]


def test_a_pickle_is_never_loaded(tmp_path):
    class Harmful:
        def __reduce__(self):
            return (open, (str(tmp_path / "harm"), "w"))

    path = tmp_path / "val.npz"
    embedding_files.save(_example(), path)
    arrays = _arrays(path)
    arrays["names"] = np.array([Harmful()] * 3, dtype=object)
    np.savez(path, **arrays)
    with pytest.raises(ValueError, match=r"val\.npz is not a valid"):
        embedding_files.load(path)
    path.write_bytes(pickle.dumps(Harmful()))
    with pytest.raises(ValueError, match=r"val\.npz is not a valid"):
        embedding_files.load(path)
    assert not (tmp_path / "harm").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"embs": None}, "'embs' is missing"),
        ({"embs": np.zeros((13, 4), np.float32)}, "14 rows"),
        ({"embs": np.zeros((14, 4), np.int64)}, "dtype of kind 'f'"),
        ({"embs": np.zeros((14, 0), np.float32)}, "embs of video 'val_0'"),
        ({"lengths": np.array([5, 0, 9])}, "lengths must be .* from 1 to"),
        ({"lengths": np.array([14])}, "one entry for each of the 1 videos"),
        ({"names": np.array(["a", "b"])}, "names must have one entry"),
        ({"steps": np.zeros(14, np.int64)}, "increase strictly"),
        ({"steps": np.arange(14) + 1}, "steps of video 'val_0'"),
        ({"labels": np.full(14, -2)}, r"labels must be .* Received: -2"),
        ({"labels": np.full(14, 10**9)}, r"labels must be .* from -1 to 9,999"),
        ({"labels": np.full(14, 2e40)}, "dtype of kind 'i'"),
        ({"actions": np.full(3, 2**62)}, "actions must be .* to 999,999"),
        ({"lengths": np.full(4, 2**62)}, "lengths must be"),
        ({"seq_lens": np.array([5, 1, 2**60])}, "seq_lens must be"),
        ({"steps": np.arange(14) * 10**9}, "steps must be"),
        ({"step": np.array(-2)}, "step must be a training step"),
        ({"fps": np.array([30.0, 1e300, 1.0])}, "fps must be"),
        ({"fps": np.array([30.0, -1.0, 1.0])}, "fps must be"),
        ({"times": np.full(14, np.inf)}, "times must be"),
        ({"times": np.full(14, 1e300)}, "times must be"),
        ({"times": _TIMES * 1e8}, "'val_0' must span at most 8,640,000 s"),
        ({"times": _TIMES[::-1]}, "times of video 'val_0' must increase"),
        (
            {"times": np.where(_TIMES == 2, np.nan, _TIMES)},
            "'val_0' must increase, or all be NaN",
        ),
        ({"lengths": np.zeros(0, np.int64)}, "rows"),
    ],
)
def test_inconsistent_files_are_refused(tmp_path, change, message):
    path = tmp_path / "val.npz"
    embedding_files.save(_example(), path)
    arrays = _arrays(path) | change
    np.savez(path, **{k: v for k, v in arrays.items() if v is not None})
    with pytest.raises(ValueError, match=message) as error:
        embedding_files.load(path)
    assert str(path) in str(error.value)
    assert "extract_embeddings" in str(error.value)


def test_damaged_files_are_refused(tmp_path):
    path = tmp_path / "val.npz"
    embedding_files.save(_example(), path)
    whole = path.read_bytes()
    for data in (b"", b"not a zip", whole[:100], whole[:-30]):
        path.write_bytes(data)
        with pytest.raises(ValueError, match="is not a valid embeddings file"):
            embedding_files.load(path)
    np.save(tmp_path / "one.npy", np.zeros(3))
    with pytest.raises(ValueError, match="not an npz archive"):
        embedding_files.load(tmp_path / "one.npy")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("embs.npy", b"\x93NUMPY junk")
    with pytest.raises(ValueError, match="is not a valid embeddings file"):
        embedding_files.load(path)


def test_unknown_times_and_rates_are_read(tmp_path):
    path = tmp_path / "val.npz"
    embedding_files.save(_example(), path)
    unknown = {"times": np.full(14, np.nan), "fps": np.full(3, np.nan)}
    np.savez_compressed(path, **_arrays(path) | unknown)
    assert np.isnan(embedding_files.load(path).times[0]).all()


def _header(shape, dtype="<f4"):
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        file, {"descr": dtype, "fortran_order": False, "shape": shape}
    )
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        # 4 TB: 10^12 values of 4 bytes each.
        (_header((10**9, 10**3)), "take 4,000,000,000,000 bytes"),
        (_header((2**40, 2**40)), "'embs' is cut short"),
        (_header((-14, -4)) + bytes(14 * 4 * 4), "'embs' is cut short"),
        (_header((14, 4), "|O") + bytes(14 * 4 * 8), "dtype object"),
        # Zeros, which deflate a thousandfold: 300 MB in 0.3 MB.
        (_header((75_000_000, 1)) + bytes(300_000_000), "would unpack to"),
    ],
    ids=["terabytes", "overflow", "negative", "objects", "bomb"],
)
def test_headers_that_lie_are_refused(tmp_path, content, message):
    path = tmp_path / "val.npz"
    embedding_files.save(_example(), path)
    arrays = _arrays(path)
    del arrays["embs"]
    np.savez_compressed(path, **arrays)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("embs.npy", content)
    with pytest.raises(ValueError, match=message) as error:
        embedding_files.load(path)
    assert str(path) in str(error.value)


def test_flipped_bytes_raise_only_documented_errors(tmp_path):
    path = tmp_path / "val.npz"
    embedding_files.save(_example(), path)
    whole = bytearray(path.read_bytes())
    rng = np.random.default_rng(2)
    for place in rng.integers(0, len(whole), 300):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << int(rng.integers(8))
        path.write_bytes(damaged)
        try:
            embedding_files.load(path)
        except ValueError as error:
            assert str(path) in str(error)


def test_a_missing_file_names_the_command(tmp_path):
    with pytest.raises(FileNotFoundError, match="extract_embeddings"):
        embedding_files.load(tmp_path / "none.npz")


def test_a_failed_save_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "val.npz"
    embedding_files.save(_example(), path)
    before = path.read_bytes()

    def fail(*args, **kwargs):
        raise OSError("No space left on device")

    monkeypatch.setattr(np, "savez", fail)
    with pytest.raises(OSError, match="No space"):
        embedding_files.save(_example(), path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_select():
    example = _example()
    chosen = example.select([2, 0])
    assert chosen.names == ["val_2", "val_0"]
    assert chosen.seq_lens.tolist() == [8, 5]


def test_construction_checks_the_videos():
    example = _example()
    with pytest.raises(ValueError, match="must be float32"):
        example.with_embs([e.astype(np.float64) for e in example.embs])
    with pytest.raises(ValueError, match="one video or more"):
        example.select([])


def test_videos_are_found_by_name_and_then_by_index():
    names = ["a", "b", "0"]
    assert find_video(names, "b") == 1
    assert find_video(names, "0") == 2  # a name first
    assert find_video(names, "1") == 1
    for wrong in ("x", "3", "-1"):
        with pytest.raises(ValueError, match=r"one of a, b, 0 or an index b"):
            find_video(names, wrong)


def test_features_go_along(tmp_path):
    embeddings = _example()
    lengths = [len(embs) for embs in embeddings.embs]
    rng = np.random.default_rng(0)
    features = [rng.normal(size=(n, 4)).astype(np.float32) for n in lengths]
    kept = dataclasses.replace(embeddings, features=features)
    embedding_files.save(kept, tmp_path / "kept.npz")
    found = embedding_files.load(tmp_path / "kept.npz")
    for ours, theirs in zip(features, found.features, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-4)
    assert found.select([1]).features[0].shape == (lengths[1], 4)
    embedding_files.save(embeddings, tmp_path / "plain.npz")
    assert embedding_files.load(tmp_path / "plain.npz").features is None


def test_features_of_other_frames_are_refused():
    embeddings = _example()
    features = [np.zeros((len(embs), 4)) for embs in embeddings.embs]
    features[-1] = features[-1][:-1]
    with pytest.raises(ValueError, match="features must have a row"):
        dataclasses.replace(embeddings, features=features)
