"""Counting what of a chunk has been sent, so that what is sent again is not counted twice."""

from chalicelib.cli.client import bytes_body
from chalicelib.cli.progress import Progress, Watched
from chalicelib.cli.transport import Body


class Counted:
    """Counts the bytes of one chunk, however often it is sent."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self.count = 0

    def body(self, data: bytes) -> Body:
        """Answer a body that is counted as it is read."""
        plain = bytes_body(data)

        def start() -> Watched:
            self.back()
            return Watched(plain.open(), self)

        return Body(start, plain.size)

    def advance(self, sent: int) -> None:
        """Count bytes that were sent."""
        self.count += sent
        self._progress.advance(sent)

    def back(self) -> None:
        """Take back what was counted, because it has to be sent again."""
        if self.count:
            self._progress.advance(-self.count)
            self.count = 0
