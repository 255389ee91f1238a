"""Photos of consumers: JPEG, without what the camera wrote beside the picture.

A telephone writes where and when it was into every photo, and a preview of its own; none of that is needed here.
"""

from steelyard_cloud.errors import CloudError

MAX_BYTES = 4 * 1024 * 1024
_START, _END, _SCAN, _ADOBE = 0xD8, 0xD9, 0xDA, 0xEE
_COMMENT, _APPLICATION = 0xFE, range(0xE0, 0xF0)
_RESTARTS = range(0xD0, 0xD8)


class NotAPhoto(CloudError):
    """This is not a JPEG photo."""

    code, noun = "not-a-photo", "photo"


def bare(data: bytes) -> bytes:
    """The JPEG (ITU-T T.81, annex B) with no application segment but the one that says how its colours are coded.

    Raises NotAPhoto.
    """
    if data[:2] != bytes((0xFF, _START)):
        raise NotAPhoto
    kept, at, scans = [data[:2]], 2, 0
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:  # fill
            at += 1
            continue
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if end < at + 4 or end > len(data) or marker in (0, _START, _END):
            raise NotAPhoto
        if marker != _COMMENT and (marker not in _APPLICATION or marker == _ADOBE):
            kept.append(data[at:end])
        at = end
        if marker == _SCAN:
            scans += 1
            at = _end_of_scan(data, at)
            kept.append(data[end:at])
            if data[at : at + 2] == bytes((0xFF, _END)):
                return b"".join([*kept, data[at : at + 2]])
    raise NotAPhoto


def _end_of_scan(data: bytes, at: int) -> int:
    """Where the next marker stands; within a scan 0xFF is followed by 0, or by a restart."""
    while (at := data.find(b"\xff", at)) >= 0 and at + 1 < len(data):
        if data[at + 1] != 0 and data[at + 1] not in _RESTARTS:
            return at
        at += 2
    raise NotAPhoto
