"""What comes out of the readers of other libraries when a file is damaged.

Their documentation does not say it all; found by reading files of any content.
"""

import struct
import tokenize
import zipfile
import zlib

# Of `json.loads`; nesting without an end is a RecursionError.
JSON = (ValueError, RecursionError, MemoryError)

# Of `numpy.load`, of .npy and .npz.
NUMPY = (
    ValueError,
    KeyError,
    OSError,
    EOFError,
    RuntimeError,
    SyntaxError,
    MemoryError,
    OverflowError,
    NotImplementedError,
    RecursionError,
    tokenize.TokenError,
    struct.error,
    zlib.error,
    zipfile.BadZipFile,
)

# Of `h5py`, and of Keras when a file has other parts than it expects.
HDF5 = (
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    OSError,
    RuntimeError,
    RecursionError,
    MemoryError,
    OverflowError,
    NotImplementedError,
)
