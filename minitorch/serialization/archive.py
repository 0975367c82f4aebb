"""The zip archive of a `.pt` file: records that are stored, aligned, and protected by a CRC-32.

Floor 4; the standard library only. Records are written one after the other to anything that has
`write`. A reader trusts nothing: entries are checked against the file before anything is read, and
what is read against its CRC. Names are given without the folder that all of them lie in.
"""

import io
import struct
import zipfile
import zlib

from ..errors import note

ALIGNMENT = 64  # bytes: where the data of a record begin, so that a mapped file can be used as is
CHUNK = 1 << 20  # bytes read or written at a time: small enough to be in the cache for the CRC

_LARGE = 1 << 30  # bytes: a record with 64-bit sizes, which take 20 bytes of its header
_LOCAL_HEADER = struct.Struct("<4s22xHH")  # signature, lengths of the name and of the extra field
_DATA_DESCRIPTOR, _UTF8 = 0x08, 0x800  # the flags that records may have


def failed(why):
    """The error for an archive that cannot be read."""
    return RuntimeError(
        f"PytorchStreamReader failed reading zip archive: {why}. There is a high likelihood that "
        "your checkpoint file is corrupted. This can happen if the checkpoint was not saved "
        "properly, was transferred incorrectly, or the file was modified after saving."
    )


def chunks(view):
    """A memoryview in pieces."""
    return (view[i : i + CHUNK] for i in range(0, len(view), CHUNK))


# ---- writing -----------------------------------------------------------------------------------


class _Pipe:
    """The `write` of a stream and a count of bytes: without `seek`, zipfile writes straight on."""

    def __init__(self, stream):
        self.stream, self.position, self.broken = stream, 0, False

    def write(self, data):
        if not self.broken:
            self.stream.write(data)
        self.position += len(data)
        return len(data)

    def flush(self):
        pass


class Writer:
    """Writes an archive to a stream; after an error inside `with`, nothing more is written."""

    def __init__(self, stream, folder):
        self._pipe, self._folder, self._names, self._crcs = _Pipe(stream), folder, 0, 0
        self._zip = zipfile.ZipFile(self._pipe, "w")

    def __enter__(self):
        return self

    def __exit__(self, error, *_):
        self._pipe.broken = error is not None
        self._zip.close()

    def add(self, name, data):
        """One record, of bytes or a uint8 array."""
        info = zipfile.ZipInfo(f"{self._folder}/{name}")
        view = memoryview(data).cast("B") if len(data) else memoryview(b"")
        info.file_size = len(view)
        large = len(view) > _LARGE
        info.extra = self._padding(info.filename, large)
        with self._zip.open(info, "w", force_zip64=large) as out:
            for piece in chunks(view):
                out.write(piece)
        info.extra = b""  # the directory at the end needs no padding
        self._names = zlib.crc32(name.encode(), self._names)
        self._crcs = zlib.crc32(info.CRC.to_bytes(4, "little"), self._crcs)

    def _padding(self, name, large):
        """An extra field that moves the data of a record to a multiple of `ALIGNMENT`."""
        header = _LOCAL_HEADER.size + len(name.encode()) + (20 if large else 0) + 4  # 4: see below
        length = -(self._pipe.position + header) % ALIGNMENT
        return struct.pack("<2sH", b"FB", length) + b"Z" * length

    def fingerprint(self):
        """Forty digits that depend on the names and contents of the records so far."""
        return f"{self._names:020}{self._crcs:020}"


# ---- reading -----------------------------------------------------------------------------------


class Reader:
    """The records of an archive in a seekable file, by name. RuntimeError if it is damaged."""

    def __init__(self, file):
        self._file = file
        try:
            with zipfile.ZipFile(file) as archive:
                entries, end = archive.infolist(), archive.start_dir
        except (zipfile.BadZipFile, NotImplementedError, ValueError, LookupError, struct.error,
                OverflowError) as error:  # fmt: skip
            raise failed(f"failed finding central directory ({error})") from error
        if not entries:
            raise failed("it is empty")
        self._folder = entries[0].filename.split("/")[0]
        self._records = self._checked(entries, end)

    def _checked(self, entries, end):
        """{name: (where its data begin, size, CRC)} of entries that lie in the file, one by one."""
        records = {}
        for entry in sorted(entries, key=lambda entry: entry.header_offset, reverse=True):
            folder, _, name = entry.filename.partition("/")
            if folder != self._folder or name in records:
                why = "lies in another folder" if folder != self._folder else "is there twice"
                raise failed(f"{entry.filename!r} {why}")
            start = self._data_offset(entry)
            if start + entry.file_size > end:
                raise failed(f"{entry.filename!r} reaches beyond its place")
            records[name], end = (start, entry.file_size, entry.CRC), entry.header_offset
        if end:
            raise failed("there is something before it in the file")
        return records

    def _data_offset(self, entry):
        """Where the data of an entry begin; its two headers must agree."""
        if (entry.compress_type != zipfile.ZIP_STORED or entry.compress_size != entry.file_size
                or entry.flag_bits & ~(_DATA_DESCRIPTOR | _UTF8)):  # fmt: skip
            raise failed(f"{entry.filename!r} is compressed or encrypted, which torch.save never "
                         "does")  # fmt: skip
        self._file.seek(max(entry.header_offset, 0))  # no header agrees with a negative one
        header = self._file.read(_LOCAL_HEADER.size)
        name = entry.orig_filename.encode("utf-8" if entry.flag_bits & _UTF8 else "cp437")
        if len(header) == _LOCAL_HEADER.size:
            signature, name_length, extra_length = _LOCAL_HEADER.unpack(header)
            if signature == b"PK\3\4" and self._file.read(name_length) == name:
                return entry.header_offset + _LOCAL_HEADER.size + name_length + extra_length
        raise failed(f"the header of {entry.filename!r} is damaged")

    def __contains__(self, name):
        return name in self._records

    def place(self, name):
        """(where the data of a record begin in the file, their size)."""
        if name not in self._records:
            raise RuntimeError(f"PytorchStreamReader failed locating file {name}: file not found")
        return self._records[name][:2]

    def read(self, name):
        """The bytes of a small record."""
        data = bytearray(self.place(name)[1])
        self.read_into(name, memoryview(data))
        return bytes(data)

    def read_into(self, name, view):
        """Fill a memoryview, as long as the record, with its bytes."""
        start, size, crc = self._records[name]
        self._file.seek(start)
        found = 0
        for piece in chunks(view):
            _fill(self._file, piece)
            found = zlib.crc32(piece, found)
        if found != crc:
            raise note(failed(f"the CRC-32 of {name!r} is wrong"), "If the file was written with "
                       "torch.serialization.set_crc32_options(False), load it with mmap=True: "
                       "then the CRC-32 of tensors is not looked at.")  # fmt: skip


def _fill(file, view):
    """Read exactly `len(view)` bytes from a file, whichever way it can."""
    while len(view):
        if isinstance(file, io.IOBase) and hasattr(file, "readinto"):
            count = file.readinto(view)
        else:
            data = file.read(len(view))
            count, view[: len(data)] = len(data), data
        if not count:
            raise failed("the file ends too early")
        view = view[count:]
