"""What a bucket removes by itself, and whether that is what a registry wants removed."""

from collections.abc import Mapping, Sequence
from typing import Any

from chalicelib.storage.diagnosis import Expectations, Finding

Rule = Mapping[str, Any]
NARROWED = frozenset({"Tag", "Tags", "ObjectSizeGreaterThan", "ObjectSizeLessThan"})


def judge_lifecycle(rules: Sequence[Rule], expectations: Expectations) -> Finding:
    """Tell whether what may be left lying is swept, and nothing else."""
    enabled = [rule for rule in rules if rule.get("Status") == "Enabled"]
    expiring = [rule for rule in enabled if {"Days", "Date"} & set(rule.get("Expiration", {}))]
    if dangerous := [kept for kept in expectations.kept if any(_touches(rule, kept) for rule in expiring)]:
        places = ", ".join(f"`{prefix}`" for prefix in dangerous)
        fix = f"remove the expiration of objects below {places} from the bucket's lifecycle"
        return Finding("lifecycle", "failed", f"the bucket will delete what must be kept below {places}", fix)
    missing = [
        prefix for prefix in expectations.expiring if not any(_covers(rule, prefix) for rule in expiring)
    ]
    aborting = [rule for rule in enabled if "AbortIncompleteMultipartUpload" in rule]
    wanted = [f"expire what lies below {', '.join(f'`{prefix}`' for prefix in missing)}"] if missing else []
    if not any(_covers(rule, expectations.prefix) for rule in aborting):
        wanted.append("abort unfinished multipart uploads")
    if not wanted:
        return Finding("lifecycle", "ok", "the bucket sweeps what may be left lying")
    fix = f"add lifecycle rules that {' and '.join(wanted)}"
    return Finding("lifecycle", "warning", "the bucket keeps what interrupted work leaves behind", fix)


def _covers(rule: Rule, prefix: str) -> bool:
    """Tell whether a rule applies to every object below a prefix."""
    return not _is_narrowed(rule) and prefix.startswith(_prefix(rule))


def _touches(rule: Rule, prefix: str) -> bool:
    """Tell whether a rule applies to any object below a prefix."""
    start = _prefix(rule)
    return prefix.startswith(start) or start.startswith(prefix)


def _prefix(rule: Rule) -> str:
    found = rule.get("Filter", {})
    return str(found.get("Prefix") or found.get("And", {}).get("Prefix") or rule.get("Prefix") or "")


def _is_narrowed(rule: Rule) -> bool:
    found = rule.get("Filter", {})
    return bool(NARROWED & ({*found} | {*found.get("And", {})}))
