"""What can be wrong with the headers of an upload."""

from chalicelib.domain.errors import InvalidRequest


class InvalidUploadHeader(InvalidRequest):
    """A header of an upload is missing, contradicts another, or has a value that it cannot have."""

    code = "invalid_upload_header"
    title = "A header of the upload is not valid"

    def __init__(self, header: str, what: str) -> None:
        super().__init__(f"the header `{header}` {what}", header=header)


class InconsistentLength(InvalidUploadHeader):
    """An upload is said to end elsewhere than its length tells."""

    code = "inconsistent_upload_length"
    title = "The lengths of the upload differ"
