"""Files for the tests of the way in: CSV by its bytes, XLSX part by part."""

import zipfile
from pathlib import Path

_TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" '
    'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/xl/workbook.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>'
)
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_RELATIONS = (
    '<?xml version="1.0"?>'
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}'
    "</Relationships>"
)
_WORKBOOK = (
    '<?xml version="1.0"?>'
    '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
    f'xmlns:r="{_OFFICE}"><sheets><sheet name="People" sheetId="1" r:id="rId1"/></sheets>'
    "</workbook>"
)
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def cell(place: str, text: object) -> str:
    return f'<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>'


def rows_of(*rows: tuple[object, ...]) -> str:
    """<row> elements from A1 on."""
    return "".join(
        f'<row r="{number}">'
        + "".join(cell(f"{chr(65 + column)}{number}", text) for column, text in enumerate(row))
        + "</row>"
        for number, row in enumerate(rows, 1)
    )


def make_workbook(
    path: Path,
    rows: str,
    *,
    before: str = "",
    doctype: str = "",
    extra: dict[str, bytes] | None = None,
) -> Path:
    """An XLSX whose one sheet holds these <row> elements.

    before   elements before <sheetData>
    doctype  stands before the sheet's root element
    extra    more members of the archive
    """
    sheet = (
        f'<?xml version="1.0"?>{doctype}<worksheet xmlns="{_MAIN}">{before}'
        f"<sheetData>{rows}</sheetData></worksheet>"
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", _TYPES)
        link = '<Relationship Id="rId1" Type="{}/{}" Target="{}"/>'
        archive.writestr(
            "_rels/.rels",
            _RELATIONS.format(link.format(_OFFICE, "officeDocument", "xl/workbook.xml")),
        )
        archive.writestr("xl/workbook.xml", _WORKBOOK)
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            _RELATIONS.format(link.format(_OFFICE, "worksheet", "worksheets/sheet1.xml")),
        )
        archive.writestr("xl/worksheets/sheet1.xml", sheet)
        for name, content in (extra or {}).items():
            archive.writestr(name, content)
    return path
