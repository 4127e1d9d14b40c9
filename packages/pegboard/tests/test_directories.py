import pytest

from pegboard import Host
from pegboard.index import Settings, user_directory


@pytest.mark.parametrize(
    ("kind", "platform", "environ", "expected"),
    [
        ("config", "linux", {"HOME": "/h"}, "/h/.config/app"),
        ("config", "linux", {"HOME": "/h", "XDG_CONFIG_HOME": "/x"}, "/x/app"),
        ("config", "linux", {"HOME": "/h", "XDG_CONFIG_HOME": "relative"}, "/h/.config/app"),
        ("config", "linux", {"HOME": "/h", "XDG_CONFIG_HOME": ""}, "/h/.config/app"),
        ("cache", "linux", {"HOME": "/h"}, "/h/.cache/app"),
        ("cache", "linux", {"HOME": "/h", "XDG_CACHE_HOME": "/c"}, "/c/app"),
        ("config", "darwin", {"HOME": "/h"}, "/h/Library/Application Support/app"),
        ("cache", "darwin", {"HOME": "/h"}, "/h/Library/Caches/app"),
        ("config", "win32", {"APPDATA": "/roaming"}, "/roaming/app"),
        ("cache", "win32", {"LOCALAPPDATA": "/local"}, "/local/app"),
        ("config", "win32", {}, None),
    ],
)
def test_user_directory_is_where_the_platform_wants_it(kind, platform, environ, expected):
    assert user_directory(kind, "app", environ, platform) == expected


def test_the_environment_prefix_is_upper_case_and_a_valid_name():
    assert Settings("utt", {}).prefix == "UTT"
    assert Settings("my-app.x", {}).prefix == "MY_APP_X"


def test_a_relative_cache_is_below_the_current_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert Host("app", environ={"APP_PLUGINS_CACHE": "kept"}).settings.directory == str(tmp_path / "kept")
