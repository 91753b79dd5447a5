"""A file that proves an answer: what it is by its content, whatever it is called."""

from outreach.errors import Refusal

LARGEST = 10 * 1024 * 1024
_KINDS = (
    (b"%PDF-", "pdf", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "png", "image/png"),
    (b"\xff\xd8\xff", "jpg", "image/jpeg"),
)


class UnfitProof(Refusal):
    """The file cannot be kept as proof; says why."""


def kind_of(content: bytes) -> tuple[str, str]:
    """(ending, media type) of a PDF or a picture. Raises UnfitProof."""
    if len(content) > LARGEST:
        raise UnfitProof("The file is larger than 10 MB.")
    for start, ending, media_type in _KINDS:
        if content.startswith(start):
            return ending, media_type
    raise UnfitProof("Only a PDF, a PNG or a JPEG can be kept, and this is none of them.")
