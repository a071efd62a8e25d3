"""Why a photo is not taken."""

from __future__ import annotations

from dentalization.errors import Conflict, InvalidInput


class PhotoRejected(InvalidInput):
    """This picture cannot be taken."""

    code = "photo-rejected"


class TooLarge(PhotoRejected):
    """A photo has at most 10 MB; this file is larger. Send a smaller copy."""

    code = "photo-too-large"


class TooManyPixels(PhotoRejected):
    """A photo has at most 50 megapixels; this one has more. Send a smaller copy."""

    code = "photo-too-many-pixels"


class NotAPicture(PhotoRejected):
    """This file is no JPEG, PNG, WebP or HEIC picture, whatever its name says. Send one of these."""

    code = "photo-not-a-picture"


class DamagedPicture(PhotoRejected):
    """This picture is damaged or incomplete and cannot be read. Send it again, or take another."""

    code = "photo-damaged"


class TooSmall(PhotoRejected):
    """A photo is at least 64 pixels wide and high; this one is smaller. Send the whole photo."""

    code = "photo-too-small"


class AnimatedPicture(PhotoRejected):
    """This file holds several pictures, such as an animation. Send one still photo."""

    code = "photo-animated"


class TooManyOrphans(Conflict):
    """Too many objects have no row: look whether database and storage belong together."""

    code = "too-many-orphans"
