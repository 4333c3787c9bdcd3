"""What Lambda says of an invocation."""


def request_id(context: object) -> str | None:
    """Answer the id under which Lambda logs an invocation, or None outside of Lambda."""
    found = getattr(context, "aws_request_id", None)
    return found if isinstance(found, str) else None
