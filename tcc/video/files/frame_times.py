"""When the frames of a decoded stream are shown.

Times are fractions, so that a frame has the same time to the last bit wherever
its stream begins.

Decoders return frames in the order in which they are shown. The times that
belong to them may be in another order: AVI and raw streams store none, so that
FFmpeg numbers packets as they are stored, and some programs write other
containers in the same way. Then the times are right as a set, and the frames
take them in order.
"""

import bisect
import collections
import dataclasses
import heapq
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from typing import Any

# A decoder may hold back this many frames; H.264 and HEVC allow 16.
_MOST_REORDERED = 17
# This many frames are held until the time of the next one is known.
_MOST_AT_ONE_TIME = 64
# A larger step back means that another recording starts.
_RESTART = Fraction(1, 2)  # seconds
_DEFAULT_RATE = 25  # frames per second; FFmpeg's own where nothing is said


@dataclasses.dataclass(frozen=True)
class TimedFrame:
    """A decoded frame and when it is shown.

    Attributes:
      time: seconds.
      duration: seconds that the file gives it; 0 when the file does not say.
      frame: of PyAV.
    """

    time: Fraction
    duration: Fraction
    frame: Any


@dataclasses.dataclass
class StreamNotes:
    """What decoding a stream brought to light."""

    start: Fraction = Fraction(0)  # seconds, by the clock of the stream
    num_packets: int = 0
    num_equal: int = 0  # frames with the time of the frame before
    first_equal: float = 0.0  # seconds
    num_restarts: int = 0  # how often the clock was set back

    def remarks(self) -> list[str]:
        """Returns what is odd about the times, for people."""
        found = []
        if self.num_equal:
            found.append(
                "frames with the same time as the frame before: "
                f"{self.num_equal}, first at {self.first_equal:.3f} s; they "
                "are spread over the time until the next frame"
            )
        if self.num_restarts:
            found.append(
                "its clock is set back, as in joined recordings (times: "
                f"{self.num_restarts}); each part is taken to follow the one "
                "before it"
            )
        return found


class TooManyAtOneTimeError(Exception):
    """The stream has no usable times."""


def decode(
    container: Any, stream: Any, notes: StreamNotes
) -> Iterator[TimedFrame]:
    """Decodes a stream and times its frames.

    Args:
      container: of `containers.open_video`.
      stream: its video stream.
      notes: filled while the stream is decoded.

    Yields:
      The frames as they are shown. The first time is 0, and each is greater
      than the one before. Few frames are held at any time.

    Raises:
      TooManyAtOneTimeError: when the stream gives one time to all frames.
      av.error.FFmpegError: when the stream cannot be decoded.
    """
    rate = stream.average_rate or stream.guessed_rate or _DEFAULT_RATE
    step = 1 / Fraction(rate)
    in_order = _order(container, stream, step, notes)
    return _spread(_from_zero(in_order, step, notes), step, notes)


class _Reordering:
    """Gives frames in the order of decoding the times in their own order.

    A frame waits as long as a packet with an earlier time is in the decoder:
    once that packet's frame comes out, the earlier time is the first one's.
    Where times are right there is no such packet, and no frame waits.
    """

    def __init__(self) -> None:
        self._in_decoder: list[Fraction] = []  # sorted
        self._times: list[tuple[Fraction, Fraction]] = []  # heap: time, length
        self._frames: collections.deque[Any] = collections.deque()
        self._unchecked = 0  # frames whose times are taken as they are

    def restart(self) -> None:
        """Notes that the clock was set back: earlier is later from here on."""
        self._in_decoder.clear()
        self._unchecked = _MOST_REORDERED

    def send(self, time: Fraction) -> None:
        """Notes the time of a packet that goes into the decoder."""
        if not self._unchecked:
            bisect.insort(self._in_decoder, time)

    def receive(self, frame: Any, time: Fraction, duration: Fraction) -> None:
        """Takes a frame that came out of the decoder."""
        self._unchecked = max(0, self._unchecked - 1)
        at = bisect.bisect_left(self._in_decoder, time)
        if at < len(self._in_decoder) and self._in_decoder[at] == time:
            del self._in_decoder[at]
        heapq.heappush(self._times, (time, duration))
        self._frames.append(frame)

    def release(self, *, ended: bool = False) -> Iterator[TimedFrame]:
        """Yields the frames whose times are certain, or all at the end."""
        while self._frames:
            earlier = bisect.bisect_left(self._in_decoder, self._times[0][0])
            if earlier and not ended:
                if len(self._frames) <= _MOST_REORDERED:
                    return
                del self._in_decoder[:earlier]  # they never became frames
            time, duration = heapq.heappop(self._times)
            yield TimedFrame(time, duration, self._frames.popleft())


def _order(
    container: Any, stream: Any, step: Fraction, notes: StreamNotes
) -> Iterator[TimedFrame]:
    """Decodes; yields frames with the stream's times in order."""
    reordering = _Reordering()
    base = stream.time_base
    following = Fraction(0)  # the time of a frame without one
    decoded_at = None  # rises with every packet of one recording
    for packet in container.demux(stream):
        notes.num_packets += packet.size > 0
        if packet.dts is not None:
            if decoded_at is not None and packet.dts < decoded_at:
                reordering.restart()
                following = Fraction(0)
            decoded_at = packet.dts
        if packet.pts is not None and not packet.is_discard:
            reordering.send(packet.pts * base)
        for frame in packet.decode():
            duration = max(Fraction(0), (frame.duration or 0) * base)
            time = following if frame.pts is None else frame.pts * base
            following = time + (duration or step)
            reordering.receive(frame, time, duration)
            yield from reordering.release()
    yield from reordering.release(ended=True)


def _from_zero(
    frames: Iterable[TimedFrame], step: Fraction, notes: StreamNotes
) -> Iterator[TimedFrame]:
    """Lets time begin at 0 and never run back."""
    start: Fraction | None = None
    last = end = Fraction(0)
    for frame in frames:
        if start is None:
            start = notes.start = frame.time
        time = frame.time - start
        if time < last - _RESTART:
            notes.num_restarts += 1
            start = frame.time - end
            time = end
        last = max(last, time)
        end = last + (frame.duration or step)
        yield dataclasses.replace(frame, time=last)


def _spread(
    frames: Iterable[TimedFrame], step: Fraction, notes: StreamNotes
) -> Iterator[TimedFrame]:
    """Spreads frames of one time over the time until the next."""
    run: list[TimedFrame] = []
    for frame in frames:
        if run and frame.time > run[0].time:
            yield from _share(run, frame.time - run[0].time, step)
            run = []
        elif run:
            if not notes.num_equal:
                notes.first_equal = float(frame.time)
            notes.num_equal += 1
        run.append(frame)
        if len(run) > _MOST_AT_ONE_TIME:
            raise TooManyAtOneTimeError
    if run:
        yield from _share(run, None, step)


def _share(
    run: Sequence[TimedFrame], gap: Fraction | None, step: Fraction
) -> Iterator[TimedFrame]:
    """Places frames of one time, at most `step` apart, within a gap."""
    if len(run) == 1:
        yield run[0]
        return
    apart = step if gap is None else min(gap / len(run), step)
    for index, frame in enumerate(run):
        later = index * apart
        yield dataclasses.replace(
            frame,
            time=frame.time + later,
            duration=max(frame.duration - later, apart),
        )
