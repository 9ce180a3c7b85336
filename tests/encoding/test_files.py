"""Files of events: what is written by hand comes back; what is broken or foreign is refused by name."""

from __future__ import annotations

from pathlib import Path

import h5py
import nir
import numpy as np
import pytest

from cosim.encoding import from_nir, read_aer, read_nir_events, read_shd
from cosim.errors import NetworkError, ResultFileError


def aer_bytes(x: int, y: int, polarity: int, microseconds: int) -> bytes:
    return bytes([x, y]) + ((polarity << 23) | microseconds).to_bytes(3, "big")


def test_address_events_come_back(tmp_path: Path) -> None:
    path = tmp_path / "00001.bin"
    path.write_bytes(aer_bytes(3, 5, 0, 100) + aer_bytes(33, 0, 1, 250) + aer_bytes(0, 33, 0, 300000))
    spikes = read_aer(path)
    np.testing.assert_allclose(spikes.time, [100e-6, 250e-6, 0.3])
    np.testing.assert_array_equal(spikes.channel, [5 * 34 + 3, 34 * 34 + 33, 33 * 34])
    assert spikes.channels == 2 * 34 * 34
    assert read_aer(path, duration=0.1).count == 2


def test_a_counter_that_begins_again_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "long.bin"
    path.write_bytes(aer_bytes(1, 1, 0, (1 << 23) - 10) + aer_bytes(1, 1, 0, 5))
    np.testing.assert_allclose(np.diff(read_aer(path).time), [15e-6], rtol=1e-6)


@pytest.mark.parametrize(
    ("data", "words"),
    [(b"1234567", "7 bytes are not whole events"), (aer_bytes(40, 2, 0, 1), "event 0 is at x = 40, y = 2")],
)
def test_foreign_address_events_are_refused(tmp_path: Path, data: bytes, words: str) -> None:
    path = tmp_path / "x.bin"
    path.write_bytes(data)
    with pytest.raises(ResultFileError) as error:
        read_aer(path)
    assert words in str(error.value)
    with pytest.raises(ResultFileError, match="cannot be read"):
        read_aer(tmp_path / "missing.bin")


def write_shd(path: Path, times: list[list[float]], units: list[list[int]], labels: list[int]) -> None:
    with h5py.File(path, "w") as file:
        for name, rows, kind in (("times", times, "f4"), ("units", units, "u2")):
            data = file.create_dataset(f"spikes/{name}", len(rows), h5py.vlen_dtype(np.dtype(kind)))
            for number, row in enumerate(rows):
                data[number] = np.array(row, kind)
        file["labels"] = np.array(labels, "u2")


def test_heidelberg_digits_come_back(tmp_path: Path) -> None:
    path = tmp_path / "shd.h5"
    write_shd(path, [[0.2, 0.1], [0.5]], [[7, 699], [3]], [4, 19])
    samples, labels = read_shd(path, duration=1.0)
    np.testing.assert_array_equal(labels, [4, 19])
    np.testing.assert_allclose(samples[0].time, [0.1, 0.2], rtol=1e-6)
    np.testing.assert_array_equal(samples[0].channel, [699, 7])
    only, label = read_shd(path, samples=[1])
    assert len(only) == 1 and label[0] == 19 and only[0].duration == 0.5
    with pytest.raises(ResultFileError, match="no sample 2; there are 2"):
        read_shd(path, samples=[2])
    with pytest.raises(ResultFileError, match="sample 0: events: channels from 7 to 699"):
        read_shd(path, channels=100)


def test_broken_heidelberg_digits_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "shd.h5"
    write_shd(path, [[0.2]], [[7]], [4, 19])
    with pytest.raises(ResultFileError, match="1 times, 1 units, 2 labels"):
        read_shd(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ResultFileError, match=r"shd\.h5: not an HDF5 file"):
        read_shd(path)
    with h5py.File(path, "w") as file:
        file["other"] = 1
    with pytest.raises(ResultFileError, match="no data set 'spikes/times'; it holds other"):
        read_shd(path)


def test_nir_events_and_grids_come_back(tmp_path: Path) -> None:
    data = pytest.importorskip("nir.data_ir")
    spikes = data.EventData(np.array([[2, 0, -1]]), np.array([[0.1, 0.3, np.inf]]), 3, 0.5)
    (sample,) = from_nir(spikes)
    np.testing.assert_array_equal(sample.channel, [2, 0])
    assert sample.duration == 0.5 and sample.channels == 3
    grid = np.zeros((1, 5, 3), bool)
    grid[0, 1, 2] = grid[0, 3, 0] = True
    (gridded,) = from_nir(data.TimeGriddedData(grid, 0.1))
    np.testing.assert_array_equal(gridded.dense(0.1), grid[0])
    with pytest.raises(NetworkError, match="a signal, not spikes"):
        from_nir(data.TimeGriddedData(np.full((1, 2, 3), 0.5), 0.1))
    with pytest.raises(NetworkError, match="type int"):
        from_nir(3)
    path = tmp_path / "data.nir"
    node = data.NIRNodeData({"spikes": spikes})
    nir.write_data(str(path), data.NIRGraphData({"hidden": node}))
    (read,) = read_nir_events(path, "hidden")
    np.testing.assert_allclose(read.time, [0.1, 0.3])
    with pytest.raises(ResultFileError, match="no node 'hiden'; did you mean 'hidden'"):
        read_nir_events(path, "hiden")
    with pytest.raises(ResultFileError, match="no observable 'v'"):
        read_nir_events(path, "hidden", "v")
    with pytest.raises(ResultFileError, match="not a NIR data file"):
        read_nir_events(tmp_path / "missing.nir", "hidden")
