"""Small documents to find things in."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

TEA = """---
title: How to brew tea
description: Water, leaves and time.
keywords:
  - infusion
  - 泡茶
---

Pour hot water over the leaves and wait three minutes.

## Green tea

Let the water cool to 80 °C, or the tea turns bitter:

```sh
kettle --celsius 80
```

## Black tea

Boiling water, four minutes. See [the pot](pot.md#lid).
"""

TEA_ZH = """---
title: 怎样泡茶
description: 水、茶叶和时间。
---

把热水倒在茶叶上，等三分钟。

## 绿茶

水温降到 80 度，否则茶会发苦。
"""

POT = """# The pot

A pot of clay keeps tea warm.

## Lid

Hold the lid while you pour, with `pot.lid_holder`.
"""


def write(folder: Path, **texts: str | bytes) -> None:
    """Write documents; `en__tea_md` is `en/tea.md`."""
    for name, text in texts.items():
        path = folder / (name.replace("__", "/").rsplit("_", 1)[0] + "." + name.rsplit("_", 1)[1])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())


def pdf(*pages: str, title: str | None = None, password: str | None = None) -> bytes:
    """A PDF with one line of (Latin) text a page."""
    writer = PdfWriter()
    font = {"/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": "/Helvetica", "/Encoding": "/WinAnsiEncoding"}
    font_object = DictionaryObject({NameObject(key): NameObject(value) for key, value in font.items()})
    for text in pages:
        page = writer.add_blank_page(width=595, height=842)
        page[NameObject("/Resources")] = DictionaryObject(
            {NameObject("/Font"): DictionaryObject({NameObject("/F1"): font_object})}
        )
        stream = DecodedStreamObject()
        stream.set_data(f"BT /F1 12 Tf 72 720 Td ({text}) Tj ET".encode("latin-1"))
        page[NameObject("/Contents")] = writer._add_object(stream)
    if title:
        writer.add_metadata({"/Title": title})
    if password:
        writer.encrypt(password, algorithm="RC4-128")
    file = BytesIO()
    writer.write(file)
    return file.getvalue()
