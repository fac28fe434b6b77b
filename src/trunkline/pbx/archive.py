"""A configuration as files: in a folder, or in one archive to unpack over the PBX's file system."""

import gzip
import io
import os
import tarfile
from pathlib import Path

from trunkline.pbx import sheet
from trunkline.pbx.configuration import Commands, Configuration, File
from trunkline.pbx.errors import PbxError

READ_ME = "README-trunk.md"


def files(configuration: Configuration) -> list[File]:
    """The PBX's files, texts of commands, and a sheet that says what to do with them."""
    texts = [File(part.name, part.text) for part in configuration.parts if isinstance(part, Commands)]
    return [*configuration.files, *texts, File(READ_ME, sheet.markdown(configuration))]


def name(configuration: Configuration) -> str:
    return f"trunk-{configuration.system}.tar.gz"


def tar(configuration: Configuration) -> bytes:
    """A .tar.gz: unlike a zip, it keeps who may read a file, and every PBX that has files can unpack it."""
    packed = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.USTAR_FORMAT) as archive,
    ):
        for file in files(configuration):
            data = file.text.encode()
            info = tarfile.TarInfo(file.path)
            info.size, info.mode = len(data), 0o640 if file.private else 0o644
            info.uname = info.gname = file.owner or "root"  # where there is no such user: root
            archive.addfile(info, io.BytesIO(data))
    return packed.getvalue()


def write(configuration: Configuration, output: Path) -> list[Path]:
    """Write an archive where `output` ends in .tar.gz or .tgz, else the files below the folder `output`.

    What is there already is replaced. Raises PbxError where it cannot be written.
    """
    try:
        if output.name.endswith((".tar.gz", ".tgz")):
            return [_write(output, tar(configuration), private=True)]
        output.mkdir(parents=True, exist_ok=True)
        return [_write(output / file.path, file.text.encode(), file.private) for file in files(configuration)]
    except OSError as error:
        raise PbxError(f"{error.filename or output} cannot be written: {error.strerror}") from error


def _write(path: Path, data: bytes, private: bool) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    mode = 0o640 if private else 0o644
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, mode)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(descriptor, mode)
        file.write(data)
    return path
