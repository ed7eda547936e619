"""H3D-64x to 68x: keys, signatures, packages, provenance."""

from __future__ import annotations

from heritage3d.errors.base import Heritage3dError


class TrustError(Heritage3dError):
    """A key, signature, package or provenance cannot be used. Fields: file, detail."""

    code, exit_status = "H3D-640", 2


class KeyInTree(TrustError):
    """A private key was to lie where it would be published, packaged or copied. Fields: file, folder."""

    code = "H3D-641"


class KeyUnusable(TrustError):
    """A file is no key of the form that is needed, or its passphrase is another one. Fields: file, detail."""

    code = "H3D-642"


class KeyExists(TrustError):
    """A new key would take the place of an old one. Fields: file."""

    code = "H3D-643"


class TreeNotIntact(TrustError):
    """Files are not as published, so nobody should sign or package them. Fields: file, count, first."""

    code, exit_status = "H3D-644", 1


class ObjectUnknown(TrustError):
    """A package was asked of an object that is not published. Fields: object, file."""

    code = "H3D-645"


class DiskTooSmall(TrustError):
    """An object alone is larger than one disk of the package may be. Fields: object, needed, size."""

    code = "H3D-646"


class NameUnportable(TrustError):
    """A name that Windows or exFAT refuses, or two that they take for one. Fields: file, detail."""

    code = "H3D-647"


class SizeUnreadable(TrustError):
    """A size in words that are no size. Fields: value."""

    code = "H3D-648"


class CopyUnfit(TrustError):
    """The second copy cannot mend this tree. Fields: file, detail."""

    code, exit_status = "H3D-649", 1


class NoProvenance(TrustError):
    """Nothing tells how this file was made. Fields: file, detail."""

    code, exit_status = "H3D-650", 1


class BagUnreadable(TrustError):
    """A folder looks like a BagIt bag and cannot be read as one. Fields: file, detail."""

    code, exit_status = "H3D-651", 1
