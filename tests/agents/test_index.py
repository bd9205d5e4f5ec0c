"""Finding passages in a folder of documents, and keeping up with it."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from pathlib import Path

import pytest

from teahouse.agents.guide.index import Changes, DocumentIndex, SkippedDocument, Topic

from documents import POT, TEA, pdf, write  # isort: skip


async def found(index: DocumentIndex, question: str, language: str = "en") -> list[str]:
    """Where the passages are, best first."""
    return [passage.url("docs") for passage in await index.search(question, language)]


def index_file(data: Path) -> Path:
    (file,) = data.glob("*.sqlite3")
    return file


def occupy(data: Path) -> None:
    data.write_text("in the way of the folder")


# What is found ----------------------------------------------------------------------------------------


async def test_a_question_finds_the_section_that_answers_it(index: DocumentIndex) -> None:
    best, *_ = await index.search("at which temperature do I brew green tea?")
    assert (best.path, best.anchor, best.heading, best.title) == (
        "en/tea.md",
        "green-tea",
        "Green tea",
        "How to brew tea",
    )
    assert "kettle --celsius 80" in best.text


async def test_chinese_documents_come_first_for_chinese_questions(index: DocumentIndex) -> None:
    assert (await found(index, "怎样泡绿茶", "zh"))[0] == "docs/zh/tea#%E7%BB%BF%E8%8C%B6"


async def test_a_document_and_its_translation_are_never_both_shown(index: DocumentIndex) -> None:
    """The English page has 泡茶 among its keywords."""
    paths = {passage.path for passage in await index.search("泡茶", "zh")}
    assert paths == {"zh/tea.md"}


async def test_a_document_in_another_language_is_better_than_none(index: DocumentIndex) -> None:
    assert (await found(index, "lid_holder 壶盖", "zh"))[0] == "docs/en/pot#lid"


async def test_keywords_are_words_to_find_a_page_by(index: DocumentIndex) -> None:
    assert (await found(index, "infusion"))[0].startswith("docs/en/tea")


async def test_an_identifier_is_found_as_it_is_and_in_parts(index: DocumentIndex) -> None:
    assert (await found(index, "pot.lid_holder is not defined"))[0] == "docs/en/pot#lid"


async def test_a_misspelt_word_is_found(index: DocumentIndex) -> None:
    assert (await found(index, "temprature of watter for green tea"))[0] == "docs/en/tea#green-tea"


@pytest.mark.parametrize("question", ["how do I bake bread", "今天天气怎么样", "", "???", "how do I", '" OR * NEAR( ^'])
async def test_what_is_not_there_is_not_found(index: DocumentIndex, question: str) -> None:
    assert await found(index, question) == []


async def test_one_word_of_many_is_not_enough(index: DocumentIndex) -> None:
    assert await found(index, "tea prices on the London stock exchange") == []


async def test_a_question_may_go_on_from_an_earlier_one(index: DocumentIndex) -> None:
    passages = await index.search("and black?", earlier="how do I brew green tea?")
    assert passages[0].anchor == "black-tea"


async def test_a_page_of_a_pdf_is_found(folder: Path, index: DocumentIndex) -> None:
    write(folder, en__teas_pdf=pdf("Oolong is half oxidised", "Sencha is steamed", title="Kinds"))
    assert await found(index, "sencha") == ["docs/en/teas.pdf#page=2"]


async def test_a_japanese_and_a_korean_document_are_found(folder: Path, index: DocumentIndex) -> None:
    write(folder, ja__cha_md="# お茶\n\n急須にお湯を注ぎます。", ko__cha_md="# 차\n\n주전자에 물을 붓습니다.")
    assert await found(index, "急須の使い方", "ja") == ["docs/ja/cha#%E3%81%8A%E8%8C%B6"]
    assert await found(index, "주전자는 어디에", "ko") == ["docs/ko/cha#%EC%B0%A8"]


async def test_hundreds_of_words_are_a_question_too(index: DocumentIndex) -> None:
    """A log pasted whole."""
    assert await found(index, "green tea " * 500) != []
    assert await found(index, " ".join(f"word{number}" for number in range(5_000))) == []


# What there is ----------------------------------------------------------------------------------------


async def test_topics_are_the_documents_of_a_language(index: DocumentIndex) -> None:
    assert await index.topics("zh") == [Topic("zh/tea.md", "怎样泡茶", "水、茶叶和时间。")]


async def test_topics_are_all_documents_when_a_language_has_none(index: DocumentIndex) -> None:
    assert len(await index.topics("ko")) == 3
    assert await index.languages() == {"en", "zh"}


async def test_a_page_is_all_its_sections_in_order(index: DocumentIndex) -> None:
    assert [passage.heading for passage in await index.page("en/tea.md")] == [
        "How to brew tea",
        "Green tea",
        "Black tea",
    ]


# Changes ----------------------------------------------------------------------------------------------


async def test_the_first_look_reads_everything_and_the_second_nothing(index: DocumentIndex) -> None:
    assert sorted((await index.refresh()).indexed) == ["en/pot.md", "en/tea.md", "zh/tea.md"]
    assert not await index.refresh()


async def test_a_changed_document_is_read_again(folder: Path, index: DocumentIndex) -> None:
    await index.refresh()
    write(folder, en__pot_md="# The samovar\n\nA samovar boils water.")
    assert (await index.refresh()).indexed == ("en/pot.md",)
    assert await found(index, "samovar") == ["docs/en/pot#the-samovar"]
    assert await found(index, "clay") == []


async def test_a_removed_document_is_forgotten(folder: Path, index: DocumentIndex) -> None:
    await index.refresh()
    (folder / "en/pot.md").unlink()
    assert (await index.refresh()).removed == ("en/pot.md",)
    assert await found(index, "clay") == []


async def test_a_document_that_was_only_touched_is_not_indexed_again(folder: Path, index: DocumentIndex) -> None:
    await index.refresh()
    os.utime(folder / "en/pot.md", (1, 1))
    assert not await index.refresh()


async def test_changes_are_noticed_while_the_server_runs(folder: Path, index: DocumentIndex) -> None:
    looks: asyncio.Queue[Changes] = asyncio.Queue()
    watching = asyncio.create_task(index.watch(every=0.01, changed=looks.put_nowait))
    assert len((await looks.get()).indexed) == 3
    write(folder, en__samovar_md="# The samovar\n\nA samovar boils water.")
    assert (await looks.get()).indexed == ("en/samovar.md",)
    watching.cancel()
    with pytest.raises(asyncio.CancelledError):
        await watching


async def test_watching_survives_a_failure(index: DocumentIndex, data: Path) -> None:
    """The data folder's disk may be full, or its share away, for a while."""
    looks: asyncio.Queue[Changes] = asyncio.Queue()
    occupy(data)
    watching = asyncio.create_task(index.watch(every=0.01, changed=looks.put_nowait))
    await asyncio.to_thread(data.unlink)
    assert len((await looks.get()).indexed) == 3
    watching.cancel()
    with pytest.raises(asyncio.CancelledError):
        await watching


async def test_searching_goes_on_while_documents_are_read(folder: Path, index: DocumentIndex) -> None:
    await index.refresh()
    write(folder, **{f"en__more{number}_md": TEA for number in range(30)})
    refreshing = asyncio.create_task(index.refresh())
    answers = [await found(index, "pot of clay") for _ in range(20)]
    assert len((await refreshing).indexed) == 30
    assert all(answer[0] == "docs/en/pot#the-pot" for answer in answers)


# Documents that are no good ---------------------------------------------------------------------------


async def test_an_unreadable_document_is_named_and_skipped(folder: Path, index: DocumentIndex) -> None:
    write(folder, broken_pdf=b"%PDF-1.7 broken", secret_pdf=pdf("x", password="open sesame"))
    changes = await index.refresh()
    assert {(skipped.path, skipped.reason) for skipped in changes.skipped} == {
        ("broken.pdf", "damaged (PdfStreamError)"),
        ("secret.pdf", "encrypted"),
    }
    assert len(changes.indexed) == 3
    assert not await index.refresh()
    assert [skipped.path for skipped in await index.skipped()] == ["broken.pdf", "secret.pdf"]


async def test_a_document_that_has_been_mended_is_found(folder: Path, index: DocumentIndex) -> None:
    write(folder, en__teas_txt=b"\0")
    await index.refresh()
    write(folder, en__teas_txt="Oolong is half oxidised")
    assert (await index.refresh()).indexed == ("en/teas.txt",)
    assert await index.skipped() == []


async def test_a_document_nobody_may_read_is_named(
    folder: Path, index: DocumentIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Taken away between the look at the folder and the reading; root may read everything else."""

    def gone(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", gone)
    assert (await index.refresh()).skipped[0] == SkippedDocument("en/pot.md", "Permission denied")


async def test_a_document_whose_name_is_no_text_is_named_as_well_as_can_be(folder: Path, index: DocumentIndex) -> None:
    os.close(os.open(os.fsencode(folder) + b"/caf\xe9.md", os.O_CREAT))
    (skipped,) = (await index.refresh()).skipped
    assert skipped == SkippedDocument("caf\ufffd.md", "its name is not UTF-8")


async def test_a_link_out_of_the_folder_is_not_followed(folder: Path, tmp_path: Path, index: DocumentIndex) -> None:
    write(tmp_path, private__key_md="# Secret\n\nthe samovar key")
    (folder / "leak.md").symlink_to(tmp_path / "private/key.md")
    (folder / "leaks").symlink_to(tmp_path / "private")
    (folder / "alias.md").symlink_to(folder / "en/pot.md")
    (folder / "nowhere.md").symlink_to(folder / "missing.md")
    assert sorted((await index.refresh()).indexed) == ["alias.md", "en/pot.md", "en/tea.md", "zh/tea.md"]


async def test_only_documents_are_read(folder: Path, index: DocumentIndex) -> None:
    write(folder, picture_png=b"\x89PNG", **{".hidden_md": "x", ".git__notes_md": "x", "node_modules__readme_md": "x"})
    os.mkfifo(folder / "pipe.md")
    changes = await index.refresh()
    assert len(changes.indexed) == 3
    assert changes.skipped == ()


async def test_an_empty_folder_answers_nothing(tmp_path: Path, data: Path) -> None:
    index = DocumentIndex(tmp_path / "missing", data)
    assert await found(index, "tea") == []
    assert await index.topics("en") == []
    index.close()


async def test_of_two_folders_the_first_ones_document_counts(folder: Path, tmp_path: Path, data: Path) -> None:
    write(tmp_path / "ours", en__pot_md="# Our pot\n\nOurs is of glass.")
    index = DocumentIndex([tmp_path / "ours", folder], data)
    assert await found(index, "glass pot") == ["docs/en/pot#our-pot"]
    assert (await found(index, "green tea"))[0] == "docs/en/tea#green-tea"
    index.close()


# The file it is kept in -------------------------------------------------------------------------------


async def reopened(folder: Path, data: Path) -> Changes:
    """What another start reads."""
    index = DocumentIndex(folder, data)
    changes = await index.refresh()
    assert (await found(index, "green tea"))[0] == "docs/en/tea#green-tea"
    index.close()
    return changes


async def test_a_second_start_reads_nothing(folder: Path, data: Path, index: DocumentIndex) -> None:
    await index.refresh()
    assert not await reopened(folder, data)


async def test_another_folder_has_its_own_index(folder: Path, tmp_path: Path, data: Path, index: DocumentIndex) -> None:
    await index.refresh()
    write(tmp_path / "other", pot_md=POT)
    other = DocumentIndex(tmp_path / "other", data)
    assert (await other.refresh()).indexed == ("pot.md",)
    other.close()
    assert not await reopened(folder, data)


@pytest.mark.parametrize("content", [b"not a database", b"", b"SQLite format 3\0" + b"\xff" * 5_000])
async def test_a_damaged_index_is_made_anew(folder: Path, data: Path, index: DocumentIndex, content: bytes) -> None:
    await index.refresh()
    index.close()
    file = index_file(data)
    file.write_bytes(content)
    assert len((await reopened(folder, data)).indexed) == 3


async def test_an_index_of_another_version_is_made_anew(folder: Path, data: Path, index: DocumentIndex) -> None:
    await index.refresh()
    index.close()
    file = index_file(data)
    database = sqlite3.connect(file)
    database.execute("PRAGMA user_version = 1")
    database.close()
    assert len((await reopened(folder, data)).indexed) == 3


async def test_an_index_damaged_while_in_use_is_mended_at_the_next_question(data: Path, index: DocumentIndex) -> None:
    await index.refresh()
    file = index_file(data)
    with file.open("r+b") as pages:
        pages.write(b"\xff" * file.stat().st_size)
    with pytest.raises(sqlite3.DatabaseError):
        await index.search("green tea")
    assert (await found(index, "green tea"))[0] == "docs/en/tea#green-tea"


async def test_an_index_damaged_while_nobody_asks_is_mended_by_the_next_look(data: Path, index: DocumentIndex) -> None:
    await index.refresh()
    index_file(data).write_bytes(b"not a database")
    assert len((await index.refresh()).indexed) == 3
    assert (await found(index, "green tea"))[0] == "docs/en/tea#green-tea"


async def test_two_processes_may_share_an_index(folder: Path, data: Path, index: DocumentIndex) -> None:
    other = DocumentIndex(folder, data)
    first, second = await asyncio.gather(index.refresh(), other.refresh())
    assert set(first.indexed) | set(second.indexed) == {"en/pot.md", "en/tea.md", "zh/tea.md"}
    assert await found(index, "green tea") == await found(other, "green tea")
    other.close()
