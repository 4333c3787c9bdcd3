"""The order of a tarball's entries: by extension, then file name, then path, as English collation sorts.

Like things beside each other compress better, and npm's tarballs are in this order. The collation is the
root order of Unicode (UTS #10), exact for ASCII. An accented letter follows its letter, other symbols come
before the digits and other letters after `z`, each by code point.
"""

import posixpath
import unicodedata
from functools import lru_cache
from typing import Final

_SYMBOLS: Final = "\t\n\v\f\r _-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$"
_LETTERS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"
_OTHER_SYMBOLS: Final = len(_SYMBOLS)
_FIRST_LETTER: Final = _OTHER_SYMBOLS + 0x110000
_OTHER_LETTERS: Final = _FIRST_LETTER + len(_LETTERS)

Weights = tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]


def sort_key(path: str) -> tuple[Weights, Weights, Weights, str]:
    """Answer what a path is sorted by."""
    shown = f"./{path}" if path.startswith("@") else path
    return weigh(_extension(path).lower()), weigh(posixpath.basename(path).lower()), weigh(shown), path


@lru_cache(maxsize=4096)
def weigh(text: str) -> Weights:
    """Answer the weights of a text: its letters, then their accents, then their case."""
    letters: list[int] = []
    accents: list[int] = []
    cases: list[int] = []
    for character in unicodedata.normalize("NFD", text):
        if unicodedata.combining(character):
            accents.append(ord(character))
        elif character in _SYMBOLS or unicodedata.category(character) not in ("Cc", "Cf"):
            letters.append(_letter_weight(character.lower()[0]))
            accents.append(0)
            cases.append(character != character.lower())
    return tuple(letters), tuple(accents), tuple(cases)


def _letter_weight(character: str) -> int:
    if character in _SYMBOLS:
        return _SYMBOLS.index(character)
    if character in _LETTERS:
        return _FIRST_LETTER + _LETTERS.index(character)
    is_symbol = unicodedata.category(character)[0] in "SPZ"
    return (_OTHER_SYMBOLS if is_symbol else _OTHER_LETTERS) + ord(character)


def _extension(path: str) -> str:
    name = posixpath.basename(path)
    dot = name.rfind(".")
    return name[dot:] if dot > 0 else ""
