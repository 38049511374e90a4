"""Files from other programs that are damaged or hostile: refused in words, without a title or a cell of theirs."""

import zipfile

import pytest

from ot_eval.base.errors import DataError
from ot_eval.data.containers import Archive
from ot_eval.data.refi_offsets import place
from ot_eval.data.refi_read import read_project


@pytest.mark.parametrize("packing", [zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_a_member_whose_packing_is_damaged_is_refused(tmp_path, packing):
    path = tmp_path / "a.docx"
    with zipfile.ZipFile(path, "w", packing) as archive:
        archive.writestr("word/document.xml", "words that differ, one after the other " * 40)
        begin = archive.infolist()[0].header_offset + 30 + len("word/document.xml")
    body = bytearray(path.read_bytes())
    for at in range(begin + 4, begin + 24):
        body[at] ^= 0xFF
    path.write_bytes(bytes(body))
    with pytest.raises(DataError, match="cannot be unpacked"):
        Archive(path, "a document").read("word/document.xml")


def test_a_number_far_outside_the_text_is_outside_and_no_crash():
    text = "the rail helped, and everybody says so\n" * 8
    good = [(39 * k, 39 * k + 15) for k in range(8)]
    found = place(text, [*good, (0, 10**30), (-(10**30), 3)], ["the rail helped"] * 8 + ["", ""], file="x")
    assert found.spans == (*good, None, None)


def test_the_title_of_a_text_never_stands_in_a_message(tmp_path):
    project = (
        '<Project xmlns="urn:QDA-XML:project:1.0" name="p"><Sources>'
        '<TextSource guid="00000000-0000-0000-0000-000000000001" name="Mrs Example" plainTextPath="internal://gone.txt"/>'
        "</Sources></Project>"
    )
    path = tmp_path / "study.qdpx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("project.qde", project)
    with pytest.raises(DataError) as caught:
        read_project(path)
    assert "text 1 is not in the project file" in str(caught.value)
    assert "Example" not in str(caught.value)
