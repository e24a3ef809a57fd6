"""Names files that are no plain text by their first bytes, whatever they are called. Reads no files."""

from __future__ import annotations

import codecs
import tarfile
from dataclasses import dataclass

from charlm.text.files.marks import encoding_of_mark, wide_encodings

HEAD = 1 << 13  # bytes of a file that decide


@dataclass(frozen=True)
class Kind:
    """What a file is, in words that follow `This is`, and how to get its text, if there is any."""

    name: str
    remedy: str


def _unpack(tool: str) -> str:
    return f"Unpack it first, for example with `{tool}`, and give the folder or the files in it."


PANDOC = "Give its text, for example from `pandoc -t plain FILE -o FILE.txt`."
OFFICE = "Give its text, for example from `soffice --convert-to txt:Text FILE`."
TABLE = "Save the table as CSV, for example with `soffice --convert-to csv FILE`, and give that."
PICTURE = "If it shows a text, give what `tesseract FILE FILE` recognises."
SOUND = "If it is speech, transcribe it first."
VIDEO = "If it has subtitles, give those, from `ffmpeg -i FILE FILE.srt`."
PROGRAM = "It is no text. Give the files with the text."
DATA = "It is no text. Save its texts in plain files, or as CSV."
CHECKPOINT = "It holds a model, no text. `charlm sample RUN` takes a run's name or its folder."

PDF = Kind("a PDF", "Give its text, for example from `pdftotext FILE FILE.txt`; `ocrmypdf` is for scanned pages.")
RTF = Kind("an RTF document", PANDOC)
POSTSCRIPT = Kind("a PostScript file", "Give its text, for example from `ps2ascii FILE FILE.txt`.")
ENCRYPTED = Kind("an encrypted file", "Decrypt it first, for example with `gpg -d` or `age -d`.")
EPUB = Kind("an EPUB book", PANDOC)
PARQUET = Kind("a Parquet table", "Name the column that is learnt, for example with -s text.column=text.")
IN_LETTERS = (PDF, RTF, POSTSCRIPT, ENCRYPTED)
ZIP, TAR = Kind("a zip archive", _unpack("unzip")), Kind("a tar archive", _unpack("tar -xf"))
SIGNATURES: tuple[tuple[int, bytes, Kind], ...] = (  # offset, bytes
    (0, b"%PDF-", PDF),
    (0, b"%!PS", POSTSCRIPT),
    (0, b"{\\rtf", RTF),
    (0, b"AT&TFORM", Kind("a DjVu document", "Give its text, for example from `djvutxt FILE FILE.txt`.")),
    (60, b"BOOKMOBI", Kind("a Mobipocket or Kindle book", "Convert it with `ebook-convert FILE FILE.txt` (calibre).")),
    (0, b"ITSF", Kind("a CHM help file", "Unpack it with `7z x FILE`, and give the text of its pages.")),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Kind("an old Microsoft Office file (doc, xls, ppt, msg)", OFFICE)),
    (0, b"\x89PNG", Kind("a PNG picture", PICTURE)),
    (0, b"\xff\xd8\xff", Kind("a JPEG picture", PICTURE)),
    (0, b"GIF87a", Kind("a GIF picture", PICTURE)),
    (0, b"GIF89a", Kind("a GIF picture", PICTURE)),
    (8, b"WEBP", Kind("a WebP picture", PICTURE)),
    (0, b"II*\0", Kind("a TIFF picture", PICTURE)),
    (0, b"MM\0*", Kind("a TIFF picture", PICTURE)),
    (4, b"ftypheic", Kind("a HEIC picture", PICTURE)),
    (4, b"ftypavif", Kind("an AVIF picture", PICTURE)),
    (0, b"8BPS\0\1", Kind("a Photoshop picture", PICTURE)),
    (0, b"\0\0\1\0", Kind("an icon", PICTURE)),
    (0, b"ID3", Kind("an MP3 sound file", SOUND)),
    (0, b"\xff\xfb", Kind("an MP3 sound file", SOUND)),
    (0, b"fLaC\0", Kind("a FLAC sound file", SOUND)),
    (0, b"OggS\0", Kind("an Ogg sound or video file", SOUND)),
    (8, b"WAVEfmt", Kind("a WAV sound file", SOUND)),
    (4, b"ftypM4A", Kind("an MPEG-4 sound file", SOUND)),
    (0, b"MThd\0\0", Kind("a MIDI file", SOUND)),
    (4, b"ftyp", Kind("an MPEG-4 video", VIDEO)),
    (8, b"AVI LIST", Kind("an AVI video", VIDEO)),
    (0, b"\x1aE\xdf\xa3", Kind("a Matroska or WebM video", VIDEO)),
    (0, b"SQLite format 3\0", Kind("an SQLite database", "Export its texts with `sqlite3 FILE -csv 'select ...'`.")),
    (0, b"PAR1", PARQUET),
    (0, b"ARROW1\0", Kind("an Arrow table", "Save it as CSV or JSONL, for example with pandas.")),
    (0, b"\x89HDF\r\n\x1a\n", Kind("an HDF5 file", DATA)),
    (0, b"\x93NUMPY", Kind("a numpy array", DATA)),
    (8, b'{"__metadata__"', Kind("a safetensors file", CHECKPOINT)),
    (0, b"\x7fELF", Kind("a program", PROGRAM)),
    (0, b"\xca\xfe\xba\xbe", Kind("a Java class or a program", PROGRAM)),
    (0, b"\xcf\xfa\xed\xfe", Kind("a program", PROGRAM)),
    (0, b"\0asm", Kind("a WebAssembly program", PROGRAM)),
    (0, b"wOFF", Kind("a font", PROGRAM)),
    (0, b"wOF2", Kind("a font", PROGRAM)),
    (0, b"OTTO\0", Kind("a font", PROGRAM)),
    (0, b"\0\1\0\0\0", Kind("a font", PROGRAM)),
    (0, b"7z\xbc\xaf\x27\x1c", Kind("a 7z archive", _unpack("7z x"))),
    (0, b"Rar!\x1a\x07", Kind("a RAR archive", _unpack("unrar x"))),
    (0, b"\x04\x22\x4d\x18", Kind("an lz4 file", _unpack("lz4 -d"))),
    (0, b"\x1f\x9d", Kind("a file of compress (.Z)", _unpack("gunzip"))),
    (0, b"!<arch>\n", Kind("an ar archive or a Debian package", _unpack("ar x"))),
    (0, b"MSCF\0\0\0\0", Kind("a cabinet archive", _unpack("7z x"))),
    (0x8001, b"CD001", Kind("a disk image", _unpack("7z x"))),
    (0, b"age-encryption.org/", ENCRYPTED),
    (0, b"-----BEGIN PGP MESSAGE", ENCRYPTED),
    (0, b"PK\3\4", ZIP),
    (0, b"PK\5\6", ZIP),  # an empty one
)
WINDOWS_PROGRAM = Kind("a Windows program", PROGRAM)
OFFICE_MARK = "[Content_Types].xml"  # a member of all documents of Microsoft Office
ZIPPED: tuple[tuple[str, Kind], ...] = (  # the beginning of a member's name, and what the zip is then
    ("META-INF/container.xml", EPUB),
    ("word/", Kind("a Word document (docx)", PANDOC)),
    ("xl/", Kind("an Excel table (xlsx)", TABLE)),
    ("ppt/", Kind("a PowerPoint presentation (pptx)", OFFICE)),
    ("META-INF/MANIFEST.MF", Kind("a Java archive", PROGRAM)),
    ("AndroidManifest.xml", Kind("an Android program", PROGRAM)),
)
BY_MIMETYPE: tuple[tuple[bytes, Kind], ...] = (  # the member `mimetype`, which is first and not packed
    (b"application/epub+zip", EPUB),
    (b"application/vnd.oasis.opendocument.spreadsheet", Kind("an OpenDocument table (ods)", TABLE)),
    (b"application/vnd.oasis.opendocument.presentation", Kind("an OpenDocument presentation (odp)", OFFICE)),
    (b"application/vnd.oasis.opendocument", Kind("an OpenDocument text (odt)", PANDOC)),
)


def kind_of(head: bytes) -> Kind | None:
    """What a file is by its first HEAD bytes; None if it may be text.

    The letters of a signature may begin a text too. So a file that could be text is only called something else if its
    kind consists of letters.
    """
    if encoding_of_mark(head):
        return None
    found = next((kind for offset, magic, kind in SIGNATURES if head.startswith(magic, offset)), None)
    if found in IN_LETTERS:
        return found
    if not is_binary(head) and _is_utf8(head):
        return None
    if found is ZIP:
        return next((kind for name, kind in BY_MIMETYPE if head.startswith(b"mimetype" + name, 30)), ZIP)
    if found is None and head.startswith(b"MZ") and b"\0" in head[:128]:
        return WINDOWS_PROGRAM
    if found is None and head.startswith(b"BM") and head[6:10] == bytes(4):
        return Kind("a BMP picture", PICTURE)
    return TAR if found is None and _is_tar(head) else found


def kind_of_zip(names: list[str]) -> Kind | None:
    """What a zip is by the names of its members, if it is a document rather than an archive."""
    likely = ZIPPED if OFFICE_MARK in names else [(start, kind) for start, kind in ZIPPED if not start.endswith("/")]
    return next((kind for start, kind in likely if any(name.startswith(start) for name in names)), None)


def reason_left_out(head: bytes, keep_binary: bool, keep_tables: bool = False) -> tuple[str, Kind | None]:
    """Why a file of a folder or an archive is left out, by its first HEAD bytes, and its kind if known.

    `archive` or `binary`, as in `LeftOut.add`; empty if the file is read. `keep_binary`: the text is read as bytes;
    `keep_tables`: a column of the tables of Parquet is.
    """
    kind = kind_of(head)
    if kind is PARQUET and keep_tables:
        return "", kind
    if kind in (ZIP, TAR):
        return "archive", kind
    if not keep_binary and (kind or is_binary(head)):
        return "binary", kind
    return "", kind


def is_binary(head: bytes) -> bool:
    """Whether the first bytes have a NUL that is not part of a character of UTF-16 or UTF-32."""
    return b"\0" in head and not encoding_of_mark(head) and not wide_encodings(head)


def _is_utf8(head: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return True


def _is_tar(head: bytes) -> bool:
    """Whether the first block has the checksum of a tar's header."""
    try:
        tarfile.TarInfo.frombuf(head[: tarfile.BLOCKSIZE], "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return False
    return True
