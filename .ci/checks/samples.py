"""Samples as people have them: the same numbers as HDF5, as a list of HDF5 files, in LMDB written by its own library, and as images that OpenCV wrote
must give the same bytes of calibrated weights."""

import struct

import cv2
import h5py
import lmdb
import numpy as np

from table import Table

# Colour digits of 0 to 255, and the net that was trained on them.
NET = "zoo/digits-preact"
SAMPLES = "zoo/data/d16c3raw_test.h5"
COUNT = 99


def varint(number):
    out = b""
    while number > 0x7F:
        out += bytes([number & 0x7F | 0x80])
        number >>= 7
    return out + bytes([number])


def datum(array=None, label=0, floats=False, encoded=None):
    """Caffe's Datum, field by field."""
    channels, height, width = array.shape if array is not None else (0, 0, 0)
    out = b"\x08" + varint(channels) + b"\x10" + varint(height) + b"\x18" + varint(width)
    if encoded is not None:
        out += b"\x22" + varint(len(encoded)) + encoded
    elif not floats:
        data = array.astype(np.uint8).tobytes()
        out += b"\x22" + varint(len(data)) + data
    out += b"\x28" + varint(label)
    if floats:
        out += b"".join(b"\x35" + struct.pack("<f", value) for value in array.ravel())
    if encoded is not None:
        out += b"\x38\x01"
    return out


def write_lmdb(folder, values):
    environment = lmdb.open(str(folder), map_size=1 << 30)
    with environment.begin(write=True) as transaction:
        for index, value in enumerate(values):
            transaction.put(b"%08d" % index, value)
    environment.close()
    # Read back by its own library, so that what bnfold is given is what was meant.
    environment = lmdb.open(str(folder), readonly=True, lock=False)
    with environment.begin() as transaction:
        assert [value for _, value in transaction.cursor()] == list(values)
    environment.close()
    (folder / "lock.mdb").unlink(missing_ok=True)


def write_hdf5(path, numbers, labels):
    with h5py.File(path, "w") as file:
        file["data"] = numbers
        file["label"] = labels.astype(np.float32)


def check(context):
    folder = context.scratch / "samples"
    folder.mkdir()
    with h5py.File(context.shared / SAMPLES) as file:
        numbers, labels = file["data"][:COUNT], file["label"][:COUNT].astype(int)
    pixels = numbers.astype(np.uint8)
    images = [image.transpose(1, 2, 0).copy() for image in pixels]
    jpegs = [cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 90])[1].tobytes() for image in images]
    pngs = [cv2.imencode(".png", image)[1].tobytes() for image in images]
    decoded = np.stack([cv2.imdecode(np.frombuffer(jpeg, np.uint8), 1).transpose(2, 0, 1) for jpeg in jpegs])

    write_hdf5(folder / "plain.h5", numbers, labels)
    write_hdf5(folder / "jpeg.h5", decoded.astype(np.float32), labels)
    for index, part in enumerate(np.array_split(np.arange(COUNT), 3)):
        write_hdf5(folder / f"part{index}.h5", numbers[part], labels[part])
    (folder / "list.txt").write_text("part0.h5\npart1.h5\n\npart2.h5\n")
    cases = {
        "plain.h5": [("list.txt", "three HDF5 files"), ("bytes", "LMDB, bytes"), ("floats", "LMDB, floats"), ("png", "LMDB, PNG"),
                     ("pngs", "folder of PNG"), ("pngs.txt", "list of PNG")],
        "jpeg.h5": [("jpeg", "LMDB, JPEG"), ("jpegs", "folder of JPEG"), ("jpegs.txt", "list of JPEG")],
    }
    write_lmdb(folder / "bytes", [datum(image, label) for image, label in zip(pixels, labels)])
    write_lmdb(folder / "floats", [datum(image, label, floats=True) for image, label in zip(numbers, labels)])
    write_lmdb(folder / "png", [datum(label=label, encoded=image) for image, label in zip(pngs, labels)])
    write_lmdb(folder / "jpeg", [datum(label=label, encoded=image) for image, label in zip(jpegs, labels)])
    for name, ending, files in (("pngs", "png", pngs), ("jpegs", "jpg", jpegs)):
        (folder / name).mkdir()
        for index, content in enumerate(files):
            (folder / name / f"{index:03d}.{ending}").write_bytes(content)
        lines = [f"{name}/{index:03d}.{ending} {label}\n" for index, label in enumerate(labels)]
        (folder / f"{name}.txt").write_text("".join(lines))

    failures = []
    table = Table("Calibration on the same samples in other containers, against HDF5", "samples", "HDF5", "same bytes")
    for reference, others in cases.items():
        expected = calibrated(context, folder, f"data={folder / reference}")
        for source, name in others:
            try:
                same = calibrated(context, folder, f"data={folder / source}") == expected
            except ValueError as error:
                same = False
                failures.append(f"{name}: {error}")
            if not same:
                failures.append(f"{name}: other weights than from {reference}")
            table.add(name, reference, "yes" if same else "NO")
    transformed(context, folder, images, pixels, labels, table, failures)
    if any((folder / name / "lock.mdb").exists() for name in ("bytes", "floats", "png", "jpeg")):
        failures.append("a lock file was left in a database's folder")
    table.total(f"{COUNT} samples, {len(failures)} failures")
    table.write(context.output / "samples.txt")
    return failures


def transformed(context, folder, images, pixels, labels, table, failures):
    """A data layer's transform_param against the same by numpy: images of 20x20 of which 16x16 remain."""
    wide = np.stack([np.pad(image, ((0, 0), (1, 3), (3, 1)), mode="reflect") for image in pixels])
    write_lmdb(folder / "wide", [datum(image, label) for image, label in zip(wide, labels)])
    mean = wide.astype(np.float32).mean(0)
    header = b"\x08\x01\x10\x03\x18\x14\x20\x14"
    (folder / "mean.binaryproto").write_bytes(
        header + b"\x2a" + varint(mean.size * 4) + mean.astype("<f4").tobytes())
    middle = np.s_[:, :, 2:18, 2:18]
    f = np.float32
    values = np.array([10, 20.5, 30], f)[None, :, None, None]
    for name, fields, numbers in (
        ("mean_value, scale, crop", "mean_value: 10 mean_value: 20.5 mean_value: 30 scale: 0.0625 crop_size: 16",
         (wide.astype(f)[middle] - values) * f(0.0625)),
        ("mean_file, crop", 'mean_file: "mean.binaryproto" crop_size: 16 mirror: true',
         wide.astype(f)[middle] - mean[None][middle]),
    ):
        write_hdf5(folder / "numpy.h5", numbers, labels)
        (folder / "train_val.prototxt").write_text(
            'layer { name: "d" type: "Data" top: "data" top: "label" include { phase: TEST }\n'
            f"  transform_param {{ {fields} }}\n"
            '  data_param { source: "wide" batch_size: 33 backend: LMDB } }\n')
        try:
            expected = calibrated(context, folder, f"data={folder / 'numpy.h5'}")
            for how, options in (("its source", []), ("--input", ["--input", f"data={folder / 'wide'}"])):
                found = calibrated(context, folder, None, "--as-data-layer", folder / "train_val.prototxt", *options)
                if found != expected:
                    failures.append(f"{name}, {how}: other weights than from numpy's numbers")
                table.add(f"{name}, {how}", "numpy", "yes" if found == expected else "NO")
        except ValueError as error:
            failures.append(f"{name}: {error}")


def calibrated(context, folder, source, *options):
    """The bytes of calibrated weights."""
    net = context.shared / NET
    output = folder / "out.caffemodel.h5"
    run = context.run(
        "calibrate", net / "weights.caffemodel.h5", output, "--prototxt", net / "test_net.prototxt", "--output-prototxt", folder / "out.prototxt",
        "--batch", 33, "--force", "--quiet", *(["--input", source] if source else []), *options)
    if run.exit_code:
        raise ValueError(run.first_error)
    return output.read_bytes()
