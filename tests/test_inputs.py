"""Forms of datasets: folders, tars, tars of tars, webdataset shards, lists, and datasets by name."""

from __future__ import annotations

import functools
import hashlib
import http.server
import io
import shutil
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from torchvision.datasets import Imagenette

from summit_graph.aggregate import pieces as pieces_module
from summit_graph.aggregate.run import ClassCounting, Split
from summit_graph.counts.manifest import ClassTables
from summit_graph.errors import SummitGraphError, UnknownNameError, UnreadableImageError
from summit_graph.images import Member, name_of, read_batch, read_dataset
from summit_graph.images.datasets import kept_out
from summit_graph.images.downloads import find_images
from summit_graph.images.labels import Labels, Output
from tests.counting_runs import start_counting
from tests.small_model import small_counted, write_images

CLASSES = {"ant": 6, "brown bear": 3}
LABELS = Labels(tuple(Output(None, (name,)) for name in ("ant", "bee", *map(str, range(8)))))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_images(tmp_path_factory.mktemp("data") / "photos", CLASSES)


def write_tar(file: Path, members: dict[str, bytes], **options) -> Path:
    """Write a tar with these members in this order."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(file, "w", **options) as tar:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return file


def contents_of(class_folder: Path) -> dict[str, bytes]:
    """The images of a class in reverse order, since the order in a tar must not matter."""
    return {file.name: file.read_bytes() for file in sorted(class_folder.iterdir(), reverse=True)}


def write_class_tars(folder: Path, target: Path) -> Path:
    for name in CLASSES:
        write_tar(target / f"{name}.tar", contents_of(folder / name))
    return target


def write_tar_of_tars(folder: Path, target: Path) -> Path:
    """A tar of class tars, the form of ImageNet."""
    inner = write_class_tars(folder, target.with_suffix(".parts"))
    return write_tar(target, {file.name: file.read_bytes() for file in sorted(inner.iterdir())})


def write_tree_tar(folder: Path, target: Path) -> Path:
    """A tar as written by ``tar cf photos.tar photos/``."""
    with tarfile.open(target, "w") as tar:
        tar.add(folder, arcname="photos")
    return target


def write_shards(folder: Path, target: Path) -> Path:
    """Webdataset shards with four samples each, of mixed classes."""
    samples = [
        (f"{file.stem}-{name.split()[0]}", file, name)
        for name in CLASSES
        for file in sorted((folder / name).iterdir())
    ]
    samples.sort(key=lambda sample: sample[0])
    for at in range(0, len(samples), 4):
        members: dict[str, bytes] = {}
        for key, file, name in samples[at : at + 4]:
            members |= {
                f"{key}.json": b"{}",
                f"{key}.png": file.read_bytes(),
                f"{key}.cls": f"{name}\n".encode(),
            }
        write_tar(target / f"train-{at // 4:04}.tar", members)
    return target


def write_list(folder: Path, target: Path) -> Path:
    """A list in reverse order, relative to its own folder; only the CSV has a header."""
    separator = "," if target.suffix == ".csv" else "\t"
    lines = [
        f"{folder.name}/{name}/{file.name}{separator}{name}"
        for name in CLASSES
        for file in sorted((folder / name).iterdir(), reverse=True)
    ]
    shutil.copytree(folder, target.parent / folder.name, dirs_exist_ok=True)
    heading = ["path,class"] if target.suffix == ".csv" else []
    target.write_text("\n".join([*heading, *lines]) + "\n")
    return target


FORMS = {
    "class tars": lambda folder, target: write_class_tars(folder, target / "photos"),
    "a tar of tars": lambda folder, target: write_tar_of_tars(folder, target / "photos.tar"),
    "a tar of folders": lambda folder, target: write_tree_tar(folder, target / "photos.tar"),
    "webdataset": lambda folder, target: write_shards(folder, target / "photos"),
    "a list": lambda folder, target: write_list(folder, target / "photos.txt"),
    "a CSV file": lambda folder, target: write_list(folder, target / "photos.csv"),
}


def counting(source: Path, work_dir: Path, **options) -> ClassCounting:
    return start_counting(read_dataset(source), small_counted(), work_dir, labels=LABELS, **options)


@pytest.fixture(scope="module")
def expected(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> list[ClassTables]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(pieces_module.BATCH_IMAGES, "cpu", 4)
        return list(counting(folder, tmp_path_factory.mktemp("expected")))


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_counts(form, folder, expected, tmp_path, monkeypatch):
    """Summaries, activations and hops are equal row by row, and so is the dataset's name."""
    monkeypatch.setitem(pieces_module.BATCH_IMAGES, "cpu", 4)
    source = FORMS[form](folder, tmp_path)
    assert list(counting(source, tmp_path / "work")) == expected
    dataset = read_dataset(source)
    assert dataset.name == "photos"
    assert {name: len(files) for name, files in dataset.classes.items()} == CLASSES


@pytest.mark.parametrize("form", ["class tars", "a list"])
def test_first_images_are_the_same_in_every_form(form, folder, tmp_path):
    """``first`` selects at most that many in sorted order; of smaller classes, all images."""
    few = read_dataset(FORMS[form](folder, tmp_path)).first(3)
    names = {
        name: [file.split("/")[-1].split("!")[-1] for file in files] for name, files in few.classes.items()
    }
    for name, of_class in CLASSES.items():
        assert len(names[name]) == min(3, of_class)
        assert names[name] == sorted(path.name for path in (folder / name).rglob("*.png"))[:3]
    assert len(few.files("ant", range(3))) == len(few.classes["ant"]) == 3


@pytest.mark.parametrize("form", [form for form in FORMS if form != "webdataset"])
def test_images_kept_out_are_the_same_in_every_form(form, folder, tmp_path):
    """In which the files keep their names, which shards do not."""
    out = read_dataset(FORMS[form](folder, tmp_path)).split(0.3)[1]
    expected = read_dataset(folder).split(0.3)[1]
    for name in CLASSES:
        assert base_names(out.classes[name]) == base_names(expected.classes[name])


@pytest.mark.parametrize("form", list(FORMS))
def test_images_that_are_kept_out_are_not_counted(form, folder, tmp_path):
    """A share of each class, at least one; files are found at their new positions."""
    dataset = read_dataset(FORMS[form](folder, tmp_path))
    counted, out = dataset.split(0.3)
    for name, files in dataset.classes.items():
        assert len(out.classes[name]) == max(1, round(0.3 * len(files)))
        assert sorted([*counted.classes[name], *out.classes[name]]) == sorted(files)
        members = out.files(name, range(len(out.classes[name])))
        assert [name_of(one) for one in members] == list(out.classes[name])


def base_names(files):
    return [file.split("/")[-1].split("!")[-1] for file in files]


def test_a_class_of_one_image_keeps_it():
    """A class without an image would not be counted; without one to test, it cannot be tested."""
    assert kept_out(["a/1.png"], 0.5) == []
    assert len(kept_out(["a/1.png", "a/2.png"], 0.9)) == 1
    assert kept_out([], 0.5) == []


def test_most_images_that_are_kept_out_stay_so_when_others_are_added():
    """Of 100 files and 10 more, at most the last few are others."""
    files = [f"a/{at:03}.png" for at in range(110)]
    few, many = ({files[at] for at in kept_out(files[:number], 0.2)} for number in (100, 110))
    assert len(few - many) <= 4


def test_spawned_processes_read_members(folder, expected, tmp_path, monkeypatch):
    """Processes receive the positions of members, not their content."""
    monkeypatch.setitem(pieces_module.BATCH_IMAGES, "cpu", 4)
    source = write_tar_of_tars(folder, tmp_path / "photos.tar")
    assert list(counting(source, tmp_path / "work", split=Split(processes=2))) == expected
    member = read_dataset(source).files("ant", range(1))[0]
    assert isinstance(member, Member)
    assert (member.name, member.archive) == ("photos.tar!ant.tar!000.png", "photos.tar")


def test_members_are_sorted_and_dot_names_ignored(tmp_path):
    """Subfolders belong to the class; of two members with the same name, the last one counts."""
    names = ("b.png", "./a.png", "._a.png", "sub/c.png", ".DS_Store", "b.png")
    with tarfile.open(tmp_path / "ant.tar", "w") as tar:
        for at, name in enumerate(names):
            info = tarfile.TarInfo(name)
            info.size = at
            tar.addfile(info, io.BytesIO(bytes(at)))
    dataset = read_dataset(tmp_path)
    assert list(dataset.classes["ant"]) == ["ant.tar!a.png", "ant.tar!b.png", "ant.tar!sub/c.png"]
    members = dataset.files("ant", range(3))
    assert [one.size for one in members if isinstance(one, Member)] == [1, 5, 3]


def test_long_names_and_links_are_read(folder, tmp_path):
    """Names over 100 characters, hard and symbolic links are read; a broken link is a bad file."""
    picture = (folder / "ant" / "000.png").read_bytes()
    long = "x" * 150 + ".png"
    write_tar(tmp_path / "t" / "ant.tar", {long: picture}, format=tarfile.PAX_FORMAT)
    with tarfile.open(tmp_path / "t" / "ant.tar", "a") as tar:
        for name, kind, target in (
            ("hard.png", tarfile.LNKTYPE, long),
            ("soft.png", tarfile.SYMTYPE, long),
            ("to-nothing.png", tarfile.SYMTYPE, "nowhere.png"),
        ):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, target
            tar.addfile(info)
    dataset = read_dataset(tmp_path / "t")
    pixels, _, skipped = read_batch(dataset.root, dataset.files("ant", range(4)), skip_bad=True)
    assert len(pixels) == 3
    assert [(one.file, one.reason) for one in skipped] == [("ant.tar!to-nothing.png", "it is a broken link")]


def test_bad_member_is_named_with_its_archive(folder, tmp_path):
    """It is an error, or with skip_bad it is skipped and listed, also when the run resumes."""
    write_tar(tmp_path / "t" / "ant.tar", contents_of(folder / "ant") | {"zoo.txt": b"text", "zz.png": b""})
    with pytest.raises(UnreadableImageError, match=r"ant\.tar!zoo\.txt does not decode.*--skip-bad"):
        list(counting(tmp_path / "t", tmp_path / "work"))
    for _ in range(2):
        run = counting(tmp_path / "t", tmp_path / "work", skip_bad=True)
        assert [one.summary.images for one in run] == [6]
        assert [(one.file, one.reason) for one in run.skipped] == [
            ("ant.tar!zoo.txt", "its format is unknown"),
            ("ant.tar!zz.png", "it is empty"),
        ]


def test_changed_archive_is_counted_again(folder, tmp_path):
    """Fingerprints include the archive's size and time and the member's position."""
    target = tmp_path / "t" / "ant.tar"
    write_tar(target, contents_of(folder / "ant"))
    before = list(counting(tmp_path / "t", tmp_path / "work"))
    changed = contents_of(folder / "ant") | {"000.png": (folder / "brown bear" / "001.png").read_bytes()}
    write_tar(target, changed)
    after = list(counting(tmp_path / "t", tmp_path / "work"))
    assert after != before
    assert after == list(counting(tmp_path / "t", tmp_path / "fresh"))


def test_unchanged_archive_is_not_counted_again(folder, tmp_path):
    """The second run reads the counts of the first."""
    write_tar(tmp_path / "t" / "ant.tar", contents_of(folder / "ant"))
    before = list(counting(tmp_path / "t", tmp_path / "work"))
    pieces = {file: file.stat().st_mtime_ns for file in (tmp_path / "work").iterdir()}
    assert list(counting(tmp_path / "t", tmp_path / "work")) == before
    assert {file: file.stat().st_mtime_ns for file in (tmp_path / "work").iterdir()} == pieces


def test_damaged_and_compressed_tars_are_errors(folder, tmp_path):
    """Truncated, overwritten, not a tar, gzipped: the error names the file."""
    whole = write_tar(tmp_path / "whole.tar", contents_of(folder / "ant"), format=tarfile.USTAR_FORMAT)
    content = whole.read_bytes()
    overwritten = bytearray(content)
    member = read_dataset(whole).files("whole", range(6))[4]
    assert isinstance(member, Member)
    header = member.start - tarfile.BLOCKSIZE
    overwritten[header : header + 200] = b"?" * 200
    for name, damaged in {
        "cut": content[: len(content) // 2],
        "overwritten": bytes(overwritten),
        "text": b"no tar at all" * 100,
    }.items():
        (tmp_path / f"{name}.tar").write_bytes(damaged)
        with pytest.raises(SummitGraphError, match=rf"{name}\.tar is not a tar, or is damaged"):
            read_dataset(tmp_path / f"{name}.tar")
    with tarfile.open(tmp_path / "packed.tar", "w:gz") as tar:
        tar.add(folder, arcname="photos")
    with pytest.raises(SummitGraphError, match=r"packed\.tar is compressed with gzip"):
        read_dataset(tmp_path / "packed.tar")


def test_samples_without_class_or_image_are_errors(tmp_path):
    """So is a folder with both shards and class tars."""
    write_tar(tmp_path / "a" / "s.tar", {"1.jpg": b"", "1.cls": b"0", "2.jpg": b""})
    with pytest.raises(SummitGraphError, match=r"s\.tar!2 has an image but no 2\.cls"):
        read_dataset(tmp_path / "a")
    write_tar(tmp_path / "b" / "s.tar", {"1.jpg": b"", "1.cls": b"0", "2.cls": b"1"})
    with pytest.raises(SummitGraphError, match=r"s\.tar!2\.cls has no image"):
        read_dataset(tmp_path / "b" / "s.tar")
    write_tar(tmp_path / "c" / "s.tar", {"1.jpg": b"", "1.cls": b"0"})
    write_tar(tmp_path / "c" / "ant.tar", {"1.jpg": b""})
    with pytest.raises(SummitGraphError, match="different folders"):
        read_dataset(tmp_path / "c")


def test_number_in_cls_member_is_a_class_name(tmp_path):
    """``key.cls`` may contain a number; --match index matches it with an output."""
    write_tar(tmp_path / "s.tar", {"1.left.jpg": b"", "1.cls": b"7\n"})
    assert {n: list(f) for n, f in read_dataset(tmp_path / "s.tar").classes.items()} == {
        "7": ["s.tar!1.left.jpg"]
    }


def test_sample_has_one_image(tmp_path):
    """Masks are ignored with a note; two images are an error. *Kind: a file that is not an image of the
    dataset is counted.*"""
    write_tar(tmp_path / "s.tar", {"s.jpg": b"", "s.mask.png": b"", "s.seg.tif": b"", "s.cls": b"cat"})
    dataset = read_dataset(tmp_path / "s.tar")
    assert {name: list(files) for name, files in dataset.classes.items()} == {"cat": ["s.tar!s.jpg"]}
    assert dataset.notes == ["Ignored additional images of samples: s.tar!s.mask.png, s.tar!s.seg.tif"]
    for names in (("1.jpg", "1.png"), ("1.left.jpg", "1.right.jpg")):
        write_tar(tmp_path / "two.tar", {**dict.fromkeys(names, b""), "1.cls": b"cat"})
        with pytest.raises(SummitGraphError, match=rf"two\.tar!1 has several images, {' and '.join(names)}"):
            read_dataset(tmp_path / "two.tar")


SYSTEM_FILES = (
    *("@eaDir/a.jpg/SYNOPHOTO_THUMB_XL.jpg", "ant/@eaDir/a.jpg", "__MACOSX/ant/._a.jpg", "ant/Thumbs.db"),
    *("ant/desktop.ini", "lost+found/x.jpg", "ant/sub/@EADIR/b.jpg", "$RECYCLE.BIN/y.jpg"),
)


@pytest.mark.parametrize("form", ["a folder", "a tar", "a list"])
def test_system_files_are_ignored_with_a_note(form, tmp_path):
    """Files of a NAS, macOS, Windows and file system checks. *Kind: a file that is not an image of the
    dataset is counted.*"""
    names = ("ant/a.jpg", *SYSTEM_FILES)
    if form == "a tar":
        source = write_tar(tmp_path / "photos.tar", dict.fromkeys(names, b""))
    elif form == "a list":
        source = tmp_path / "photos.txt"
        source.write_text("".join(f"{name}\tant\n" for name in names))
    else:
        source = tmp_path / "photos"
        for name in names:
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).touch()
    dataset = read_dataset(source)
    assert [name for files in dataset.classes.values() for name in files] == [
        "photos.tar!ant/a.jpg" if form == "a tar" else "ant/a.jpg"
    ]
    (note,) = dataset.notes
    assert note.startswith("Ignored system files: ")
    assert "@eaDir" in note
    assert "and 5 more" in note


@pytest.mark.parametrize(
    "names",
    [
        ("train", "val"),
        ("Training", "validation", "Testing"),
        ("train",),
        ("test2017", "train2017", "annotations"),
        ("train_set", "test-set"),
    ],
)
def test_splits_are_not_classes(names, tmp_path):
    """``train/`` and ``val/`` are an error unless ``only`` names them. *Kind: the wrong folder level.*"""
    for name in names:
        (tmp_path / name / "cat").mkdir(parents=True)
        (tmp_path / name / "cat" / "a.png").touch()
    with pytest.raises(SummitGraphError, match=r"look like dataset splits: use one .*--class [tT]"):
        read_dataset(tmp_path)
    assert sorted(read_dataset(tmp_path, only=names).classes) == sorted(names)
    assert list(read_dataset(tmp_path / names[0]).classes) == ["cat"]


def test_splits_in_tars_and_lists_are_not_classes(tmp_path):
    """This includes any number of shards without .cls members."""
    write_tar(tmp_path / "tree.tar", {"photos/train/cat/1.jpg": b"", "photos/val/cat/1.jpg": b""})
    (tmp_path / "list.csv").write_text("path,label\na.jpg,train\nb.jpg,test\n")
    for at in range(5):
        write_tar(tmp_path / "shards" / f"train-{at:06}.tar", {"1.jpg": b""})
    for source in ("tree.tar", "list.csv", "shards"):
        with pytest.raises(SummitGraphError, match=r"has t.* look like dataset splits.*--class"):
            read_dataset(tmp_path / source)


def test_shards_of_several_splits_are_refused(tmp_path):
    """Kind: plausible but wrong data. Classes come from .cls members, splits from the file names."""
    for split in ("train", "val"):
        write_tar(tmp_path / f"imagenet-{split}-000000.tar", {"1.jpg": b"", "1.cls": b"cat"})
    with pytest.raises(SummitGraphError, match="shards of several dataset splits"):
        read_dataset(tmp_path)
    (tmp_path / "imagenet-val-000000.tar").unlink()
    assert list(read_dataset(tmp_path).classes) == ["cat"]


def test_list_with_an_open_quote_is_a_one_line_error(tmp_path):
    """Kind: variants of a format. Python's csv module fails on a very long field."""
    file = tmp_path / "list.csv"
    file.write_text('path,class\n"a.jpg,cat\n' + "b.jpg,cat\n" * 20_000)
    with pytest.raises(SummitGraphError, match=r"list\.csv, line \d+: .*quotes"):
        read_dataset(file)


def test_absolute_paths_may_be_in_a_system_folder(tmp_path):
    """Kind: names as identity. Only the part of the path that belongs to the list counts."""
    folder = tmp_path / "#snapshot" / "photos"
    folder.mkdir(parents=True)
    (folder / "a.jpg").write_bytes(b"")
    (tmp_path / "list.tsv").write_text(f"{folder / 'a.jpg'}\tcat\n")
    assert list(read_dataset(tmp_path / "list.tsv").classes) == ["cat"]


def test_train_among_other_classes_is_a_class(tmp_path):
    """A single class named ``train`` among others may contain images of trains."""
    for name in ("bus", "train", "car"):
        (tmp_path / name).mkdir()
    assert list(read_dataset(tmp_path).classes) == ["bus", "car", "train"]


def test_empty_class_tar_is_a_class_without_images(folder, tmp_path):
    """Counting it is an error, as for an empty class folder."""
    write_class_tars(folder, tmp_path / "t")
    write_tar(tmp_path / "t" / "bee.tar", {})
    with pytest.raises(SummitGraphError, match="bee has no readable image"):
        counting(tmp_path / "t", tmp_path / "work")


def test_lists_may_have_tabs_spaces_and_absolute_paths(tmp_path):
    """The last space separates path and class; blank lines, dot names and duplicates are ignored."""
    file = tmp_path / "val.txt"
    file.write_text(f"\ufeffb c.png 65\n\n{tmp_path}/a.png\tbrown bear\n._b.png 65\na.png 65\na.png 65\n")
    dataset = read_dataset(file)
    assert dataset.classes == {"65": ["a.png", "b c.png"], "brown bear": [f"{tmp_path}/a.png"]}
    assert (dataset.root, dataset.name) == (tmp_path, "val")
    with pytest.raises(UnknownNameError, match="'zebra'"):
        read_dataset(file, only=["zebra"])


@pytest.mark.parametrize(
    ("text", "message"),
    [("a.png\n", "line 1"), ("a.png x\nb.png\t\n", "line 2"), ("", "lists no images"), ("a.png a/b", "a/b")],
)
def test_damaged_lists_are_errors(text, message, tmp_path):
    """The error names the line or the class."""
    (tmp_path / "x.txt").write_text(text)
    with pytest.raises(SummitGraphError, match=message):
        read_dataset(tmp_path / "x.txt")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("x.csv", "file_name,label\na.png,cat\nb.png,dog\n"),
        ("x.csv", "image_path,class\na.png,cat\nb.png,dog\n"),
        ("x.csv", "ImageId,Label\na.png,cat\nb.png,dog\n"),
        ("x.csv", "label,filename\ncat,a.png\ndog,b.png\n"),
        ("x.csv", ",Image File,Class Name,split\n0,a.png,cat,train\n1,b.png,dog,val\n"),
        ("x.csv", "filename;category\na.png;cat\nb.png;dog\n"),
        ("x.csv", "img\ttarget\na.png\tcat\nb.png\tdog\n"),
        ("x.tsv", "\tfname\tspecies\r\n0\ta.png\tcat\r\n1\tb.png\tdog\r\n"),
        ("x.txt", "image label\na.png cat\nb.png dog\n"),
        ("x.csv", "a.png,cat\nb.png,dog\n"),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_header_names_the_columns(name, text, encoding, tmp_path):
    """Lists as written by pandas, Kaggle, Hugging Face and spreadsheets. *Kind: a similar format is read
    wrongly.*"""
    (tmp_path / name).write_text(text, encoding)
    dataset = read_dataset(tmp_path / name)
    assert dataset.classes == {"cat": ["a.png"], "dog": ["b.png"]}
    assert dataset.notes == (["x.csv: read Image File and Class Name, not split"] if "split" in text else [])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("photo,animal\na.png,cat\n", "has the header 'photo animal'"),
        ("a.png,cat,train\nb.png,dog,val\n", "no path and class in line 1"),
        ("id,breed\n000bec18,boston_bull\n", r"lists files that do not exist \(000bec18\)"),
        ("cat,a\n", "files that do not exist"),
        ("filename,label\na.png,cat,more\n", "no path and class in line 2"),
    ],
)
def test_unknown_lists_are_errors(text, message, tmp_path):
    """A header is never read as an image, nor a class as a path."""
    (tmp_path / "x.csv").write_text(text)
    with pytest.raises(SummitGraphError, match=message):
        read_dataset(tmp_path / "x.csv")


def test_existing_images_without_extension_may_be_listed(tmp_path):
    """A path without extension is an error only if no listed file exists."""
    (tmp_path / "000bec18").touch()
    (tmp_path / "x.csv").write_text("id,breed\n000bec18,boston_bull\n")
    assert read_dataset(tmp_path / "x.csv").classes == {"boston_bull": ["000bec18"]}


def test_parent_folders_of_absolute_paths_may_start_with_a_dot(tmp_path):
    """``/home/me/.cache/a.png`` is read; ``.cache/b.png`` and ``/photos/.c.png`` are ignored."""
    lines = ("/home/me/.cache/a.png cat", ".cache/b.png cat", "/photos/.c.png cat")
    (tmp_path / "x.txt").write_text("\n".join(lines))
    assert read_dataset(tmp_path / "x.txt").classes == {"cat": ["/home/me/.cache/a.png"]}


@pytest.fixture
def imagenette_server(folder: Path, tmp_path: Path, monkeypatch) -> Iterator[Path]:
    """A server with a small archive like imagenette's; torchvision downloads it instead of the real one."""
    served = tmp_path / "served"
    served.mkdir()
    with tarfile.open(served / "imagenette2.tgz", "w:gz") as tar:
        for split in ("train", "val"):
            for file in sorted((folder / "ant").iterdir()):
                tar.add(file, arcname=f"imagenette2/{split}/n01440764/{file.stem}.JPEG")
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(served))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    digest = hashlib.md5((served / "imagenette2.tgz").read_bytes()).hexdigest()
    address = f"http://127.0.0.1:{server.server_port}/imagenette2.tgz"
    monkeypatch.setitem(Imagenette._ARCHIVES, "full", (address, digest))
    monkeypatch.setenv("SUMMIT_GRAPH_HOME", str(tmp_path / "home"))
    yield served
    server.shutdown()
    server.server_close()


def test_imagenette_is_downloaded_once(imagenette_server, tmp_path, monkeypatch):
    """Its training images are stored in the user's home, without the archive."""
    monkeypatch.chdir(tmp_path)
    messages: list[str] = []
    dataset = read_dataset(find_images(Path("imagenette"), on_message=messages.append))
    assert {name: len(files) for name, files in dataset.classes.items()} == {"n01440764": 6}
    assert dataset.name == "imagenette"
    assert len(messages) == 1
    (imagenette_server / "imagenette2.tgz").unlink()
    assert find_images(Path("imagenette"), on_message=messages.append) == dataset.root
    assert len(messages) == 1
    assert sorted(one.name for one in dataset.root.parent.iterdir()) == ["imagenette", "imagenette.lock"]


def test_imagenette_with_wrong_hash_is_an_error(imagenette_server, tmp_path, monkeypatch):
    """torchvision checks the hash; no incomplete folder remains."""
    monkeypatch.chdir(tmp_path)
    with (imagenette_server / "imagenette2.tgz").open("ab") as archive:
        archive.write(b"more")
    with pytest.raises(SummitGraphError, match="imagenette cannot be downloaded"):
        find_images(Path("imagenette"))
    assert not (tmp_path / "home" / "datasets" / "imagenette").exists()


def test_existing_folder_named_imagenette_is_used(imagenette_server, tmp_path, monkeypatch):
    """A path that exists takes precedence over the name of a dataset."""
    monkeypatch.chdir(tmp_path)
    write_images(tmp_path / "imagenette", {"ant": 1})
    assert find_images(Path("imagenette")) == Path("imagenette")


def test_class_folder_is_found_in_any_unicode_form(tmp_path: Path) -> None:
    """The class keeps the folder's name and matches the output. *Kind: names are compared byte by byte.*"""
    write_images(tmp_path, {"cafe\u0301": 2, "tea": 1})
    for typed in ("caf\u00e9", "cafe\u0301"):
        assert {name: len(files) for name, files in read_dataset(tmp_path, only=[typed]).classes.items()} == {
            "cafe\u0301": 2
        }
    assert Labels((Output(None, ("Caf\u00e9",)),)).match_class("cafe\u0301").output == 0
    with pytest.raises(UnknownNameError, match="no class folder 'cafe'"):
        read_dataset(tmp_path, only=["cafe"])
