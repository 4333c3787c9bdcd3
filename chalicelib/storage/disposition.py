"""How a download is named."""

from urllib.parse import quote


def content_disposition(filename: str) -> str:
    """Answer the header that names a download (RFC 6266): in ASCII for old clients, then as it is."""
    plain = "".join(
        character if " " <= character <= "~" and character not in '"\\%' else "_" for character in filename
    )
    exact = quote(filename.encode(errors="replace"), safe="")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{exact}"
