from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teahouse.files import names


@pytest.mark.parametrize(
    ("name", "cleaned"),
    [
        ("report.pdf", "report.pdf"),
        ("报告 2026.pdf", "报告 2026.pdf"),
        ("../../etc/passwd", "passwd"),
        ("..\\..\\windows\\system32\\x.txt", "x.txt"),
        ("/", "file"),
        ("..", "file"),
        ("", "file"),
        ("a\0b\nc\x1b[31m.txt", "ab c[31m.txt"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("a\u200b\u2066b.txt", "ab.txt"),
        ("CON.txt", "_CON.txt"),
        ('<img src="x">.png', "_img src=_x__.png"),
        (".bashrc", "bashrc"),
        ("\ud800.txt", "txt"),
    ],
)
def test_a_name_is_made_harmless(name: str, cleaned: str) -> None:
    assert names.clean(name) == cleaned


@pytest.mark.parametrize(
    ("name", "mime", "honest"),
    [
        ("photo.JPG", "image/jpeg", "photo.JPG"),
        ("invoice.pdf", "image/png", "invoice.pdf.png"),
        ("setup.exe", "application/pdf", "setup.exe.pdf"),
        ("notes", "text/plain", "notes"),
        ("run.bat", "text/plain", "run.bat.txt"),
        ("photo.png", "text/plain", "photo.png.txt"),
        ("code.py", "text/plain", "code.py"),
    ],
)
def test_a_name_says_what_the_bytes_are(name: str, mime: str, honest: str) -> None:
    assert names.honest(name, mime) == honest


@given(st.text(max_size=600))
def test_any_name_ends_as_one_that_every_system_takes(name: str) -> None:
    cleaned = names.honest(names.clean(name), "image/png")
    assert 0 < len(cleaned.encode()) <= 170
    assert not set(cleaned) & set('/\\\0\n\r<>:"|?*')
    assert cleaned.isprintable()
    assert cleaned.endswith(".png")
