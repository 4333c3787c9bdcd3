"""Whom a bucket tells of new objects, as far as a registry relies on it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

CREATED: Final = "s3:ObjectCreated:*"
KINDS: Final = ("LambdaFunctionConfigurations", "QueueConfigurations", "TopicConfigurations")


def unannounced(configuration: Mapping[str, Any], wanted: Sequence[tuple[str, str]]) -> list[str]:
    """Answer which prefixes of those wanted, each with the suffix of its keys, nobody hears of."""
    if "EventBridgeConfiguration" in configuration:
        return []
    heard = list(_heard(configuration))
    return [
        prefix
        for prefix, suffix in wanted
        if not any(prefix.startswith(start) and suffix.endswith(end) for start, end in heard)
    ]


def _heard(configuration: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Answer the prefix and suffix of keys of which all creations are announced."""
    for kind in KINDS:
        for rule in configuration.get(kind, ()):
            if CREATED in rule.get("Events", ()):
                filters = rule.get("Filter", {}).get("Key", {}).get("FilterRules", ())
                said = {found["Name"].lower(): found["Value"] for found in filters}
                yield said.get("prefix", ""), said.get("suffix", "")
