"""The paths of an API's definition, written as shortly as the gateway allows."""

from typing import Any, Final

ANY: Final = "x-amazon-apigateway-any-method"
"""How a definition says that every method of a path is treated alike."""


def shortened(paths: dict[str, Any]) -> dict[str, Any]:
    """Answer the same paths, with one entry for all methods where those of a path are treated alike.

    CloudFormation reads templates of up to 1 MB, and each method takes 3 KB of one. A method that the app does not take
    at a path then reaches the app too, which answers 405 with the methods that it does take.
    """
    return {path: _shortened(methods) for path, methods in paths.items()}


def _shortened(methods: dict[str, Any]) -> dict[str, Any]:
    first, *others = methods.values()
    return {ANY: first} if all(other == first for other in others) else methods
