"""Makes the files beside it: images with OpenCV and Pillow, databases with LMDB's own library (PyPI: lmdb)."""

import io
import pathlib
import shutil
import tempfile

import cv2
import lmdb
import numpy as np
from PIL import Image

folder = pathlib.Path(__file__).parent

# Red, green and blue of pixel (x, y) of a 5x3 image are 40x + y, 200 - 30y - x and 7xy.
y, x = np.mgrid[0:3, 0:5]
color = np.stack([40 * x + y, 200 - 30 * y - x, 7 * x * y], axis=-1).astype(np.uint8)
Image.fromarray(color).save(folder / "color.png")
alpha = np.dstack([color, np.full((3, 5), 9, np.uint8)])
Image.fromarray(alpha, "RGBA").save(folder / "alpha.png")
# Gray of 16 bits, whose upper ones are 40x + y.
Image.fromarray(((40 * x + y) * 256 + 200).astype(np.uint16)).save(folder / "gray16.png")
palette = Image.fromarray((x + 5 * y).astype(np.uint8), "P")
palette.putpalette(color.reshape(-1).tolist())
palette.save(folder / "palette.png")
# One bit a pixel: white where x + y is odd.
Image.fromarray((x + y) % 2 == 1).save(folder / "bits.png")
# JPEG, and what OpenCV makes of it: blue, green, red; and gray.
smooth = cv2.resize(color, (16, 16), interpolation=cv2.INTER_CUBIC)
jpeg = cv2.imencode(".jpg", smooth)[1]
(folder / "color.jpg").write_bytes(jpeg.tobytes())
(folder / "color.jpg.bgr").write_bytes(cv2.imdecode(jpeg, cv2.IMREAD_COLOR).tobytes())
(folder / "color.jpg.gray").write_bytes(cv2.imdecode(jpeg, cv2.IMREAD_GRAYSCALE).tobytes())

# Keys 000 to 149, each with its number in 30 bytes, but 5000 bytes for 077: several leaves, and a value of its own pages.
work = tempfile.mkdtemp()
environment = lmdb.open(work, map_size=1 << 20)
with environment.begin(write=True) as transaction:
    for index in range(150):
        value = (b"%030d" % index) if index != 77 else b"7" * 5000
        transaction.put(b"%03d" % index, value)
environment.close()
shutil.copy(pathlib.Path(work) / "data.mdb", folder / "tree.mdb")
