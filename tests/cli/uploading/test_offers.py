"""What a registry takes, as its headers say it."""

import pytest

from chalicelib.cli.uploading.offers import CHUNK, SURELY_TAKEN, Offer, offer_of

MIB = 1 << 20


@pytest.mark.parametrize(
    ("headers", "offer"),
    [
        pytest.param(
            {"upload-limit": "max-append-size=4194304, min-append-size=262144"},
            Offer(4 * MIB),
            id="a-request",
        ),
        pytest.param(
            {"upload-limit": "max-size=99,max-append-size=50", "tus-max-size": "77"},
            Offer(50, 99),
            id="the-whole-by-the-draft",
        ),
        pytest.param({"tus-max-size": "77"}, Offer(SURELY_TAKEN, 77), id="the-whole-by-tus"),
        pytest.param({}, Offer(SURELY_TAKEN), id="nothing-said"),
        pytest.param(
            {"upload-limit": "max-append-size=-1;x, max-size=1e9", "tus-max-size": "many"},
            Offer(SURELY_TAKEN),
            id="nonsense",
        ),
    ],
)
def test_limits_are_read_from_the_headers(headers: dict[str, str], offer: Offer) -> None:
    assert offer_of(headers) == offer


@pytest.mark.parametrize(
    ("offer", "size", "chunk"),
    [
        pytest.param(Offer(4 * MIB), 100 * MIB, 4 * MIB, id="no-more-than-is-taken"),
        pytest.param(Offer(256 * MIB), 100 * MIB, CHUNK, id="no-more-than-one-would-lose"),
        pytest.param(Offer(1 << 30), 5 << 40, -(-(5 << 40) // 20_000), id="few-enough-of-the-largest"),
    ],
)
def test_chunks_are_as_large_as_is_wise(offer: Offer, size: int, chunk: int) -> None:
    assert offer.chunk(size) == chunk
