"""The order npm sorts names in: English collation, in which punctuation comes first and case decides last."""

from functools import cache
from typing import Final

# Measured from `Intl.Collator("en")`, for every character that a name or path can hold.
_ASCENDING: Final = "_-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$0123456789abcdefghijklmnopqrstuvwxyz"
_RANKS: Final = {character: rank for rank, character in enumerate(_ASCENDING)}


@cache
def collation_key(text: str) -> tuple[tuple[int, ...], str]:
    """Answer a key that sorts texts as npm does."""
    ranks = tuple(_RANKS.get(character, len(_ASCENDING) + ord(character)) for character in text.lower())
    return ranks, text.swapcase()
