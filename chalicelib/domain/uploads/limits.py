"""What uploads may measure.

An upload is kept as one object a request, so its size is bounded by the number of chunks and by what one request may
carry: 20,000 chunks of 4 MiB are 78 GiB behind a gateway, and of 256 MiB, which a server of one's own takes, 4.9 TiB.
What is larger is sent as partial uploads and concatenated, and up to 100 of them count together, or it goes to the
bucket directly. 5 TiB is the most that a bucket keeps as one object, so that is the most of all. An offset has 15
digits in its key, which is 180 times as much.
"""

from typing import Final, NamedTuple

from chalicelib.domain.uploads.errors import AppendTooSmall, TooManyBytes, TooManyChunks

KIB: Final = 1 << 10
MIB: Final = 1 << 20
GIB: Final = 1 << 30
TIB: Final = 1 << 40

MOST_BYTES: Final = 5 * TIB
"""The largest object of a bucket."""
GATEWAY_APPEND: Final = 4 * MIB
"""What a request through a gateway may carry, as base64 makes six of four."""


class UploadLimits(NamedTuple):
    """Sizes in bytes; `size` of one upload, `append` and `least` of one chunk, `parts` of a concatenation.

    `open` is how many unfinished uploads an owner may have.
    """

    size: int = MOST_BYTES
    append: int = GATEWAY_APPEND
    least: int = 256 * KIB
    chunks: int = 20_000
    open: int = 1_000
    parts: int = 100

    @property
    def whole(self) -> int:
        """The most bytes of one upload that is sent in chunks."""
        return min(self.size, self.chunks * self.append)

    def least_append(self, length: int | None) -> int:
        """Answer how many bytes all chunks but the last have at least, so that they are not too many."""
        needed = -(-length // self.chunks) if length is not None else 0
        return min(max(self.least, needed), self.append)

    def check_length(self, length: int) -> None:
        """Raise TooManyBytes if an upload of this length would be too large."""
        if length > self.whole:
            raise TooManyBytes("the upload", length, self.whole, self.append)

    def check_joined(self, length: int) -> None:
        """Raise TooManyBytes if uploads joined to this length would be too large."""
        if length > self.size:
            raise TooManyBytes("the upload made of these", length, self.size, self.append)

    def check_append(self, size: int, *, chunks: int, length: int | None, is_last: bool) -> None:
        """Raise if a chunk is too large, too small unless it is the last, or one too many."""
        if size > self.append:
            raise TooManyBytes("the chunk", size, self.append, self.append)
        least = self.least_append(length)
        if size < least and not is_last:
            raise AppendTooSmall(size, least, self.append)
        if chunks >= self.chunks:
            raise TooManyChunks(self.chunks, self.append)
