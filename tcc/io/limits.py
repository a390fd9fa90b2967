"""How large a value in a file may be before the file counts as damaged.

The limits are far above real data. They keep a few bytes from asking for
terabytes of memory or hours of work.
"""

# Tables and pictures are made with one column for each phase.
MAX_PHASE = 9_999
MAX_ACTION = 999_999
# A video of 100 days, at a million frames a second; clocks may count from 1970.
MAX_SECONDS = 8_640_000.0  # from the first frame of a video to the last
MAX_CLOCK = 1e12  # seconds, of any frame
MAX_FPS = 1e6
MAX_FRAMES = 10**9  # of one video
# Of a file that is read into memory as text.
MAX_TEXT_BYTES = 1 << 28
