"""What a path or an address on the command line means."""

from __future__ import annotations

import pytest

from pegboard.errors import InstallRefusedError
from pegboard.tools.installing.references import absolute, is_direct, key_of, of_file, pairs, path_of


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("acme-csv", "acme-csv"),
        ("Acme.Csv[fast]>=1,<2; python_version > '3'", "acme-csv"),
        ("./acme_csv-1.1-py3-none-any.whl", "acme-csv"),
        ("acme_csv-1.1-py3-none-any.whl[fast]", "acme-csv"),
        ("/w/acme-csv-1.1.tar.gz", "acme-csv"),
        ("https://host/a%20b/acme_csv-1.1%2Bcu1-py3-none-any.whl#sha256=00", "acme-csv"),
        ("acme-csv @ git+ssh://git@example.org/csv.git@1c0f", "acme-csv"),
        ("acme-csv@file:///w/other-1-py3-none-any.whl", "acme-csv"),
        ("git+https://host/csv.git", ""),
        ("https://host/archive/main.zip", ""),
    ],
)
def test_the_distribution_that_is_asked_for(text, key):
    assert key_of(text) == key


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("acme_csv-1.1-1-py3-none-any.whl", ("acme-csv", "1.1")),
        ("acme-csv-1.1rc1.tar.gz", ("acme-csv", "1.1rc1")),
        ("nofile.whl", ("", "")),
        ("notes.txt", ("", "")),
    ],
)
def test_the_name_of_a_file_says_name_and_version(name, found):
    assert of_file(name) == found


def test_the_name_of_a_folder_is_in_its_project_file(tmp_path):
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "Acme_Csv"\n')
    assert key_of(str(tmp_path)) == "acme-csv"
    (tmp_path / "pyproject.toml").write_text('[project]\ndynamic = ["name"]\n')
    assert key_of(str(tmp_path)) == ""
    assert path_of(f"{tmp_path}[fast]") == str(tmp_path)
    assert path_of(f"acme @ {tmp_path.as_uri()}") == str(tmp_path)
    assert path_of("https://host/acme-1-py3-none-any.whl") is None


@pytest.mark.parametrize("text", ["acme", "acme==1.0", "acme[fast]", "-e"])
def test_what_is_no_reference_stays(text):
    assert not is_direct(text)
    assert absolute([text]) == [text]


def test_paths_become_absolute_and_must_be_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "acme-1-py3-none-any.whl").touch()
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "setup.py").touch()
    wheel = str(tmp_path / "acme-1-py3-none-any.whl")
    wanted = ["-e", "./project", "acme-1-py3-none-any.whl", "https://host/x.whl", "csv>1"]
    found = absolute(wanted)
    assert found == ["-e", str(tmp_path / "project"), wheel, "https://host/x.whl", "csv>1"]
    assert [option for option, _ in pairs(found)] == [["-e"], [], [], []]
    for text, cause, remedy in (
        ("./acme-2-py3-none-any.whl", "there is no such file or folder", "did you mean 'acme-1-py3-none-any.whl'?"),
        ("gone/acme.whl", "there is no such file or folder", f"there is no folder {tmp_path / 'gone'}"),
        (".", "the folder is no project", "a project has the file pyproject.toml"),
    ):
        with pytest.raises(InstallRefusedError) as caught:
            absolute([text])
        assert caught.value.cause == cause
        assert caught.value.remedy.startswith(remedy)
