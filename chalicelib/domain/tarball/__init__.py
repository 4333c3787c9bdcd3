"""Tarballs, read in one streaming pass; what is dangerous or ambiguous in them is refused by name."""

from chalicelib.domain.tarball.reader import ReadTarball, read_tarball

__all__ = ["ReadTarball", "read_tarball"]
