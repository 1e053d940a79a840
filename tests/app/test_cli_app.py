"""`xaae app`: the server's command line and environment, and the server itself from a foreign folder."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from click.testing import CliRunner
from streamlit import config

from app.cli import main
from app.commands.app import CONFIG, SAFE_SETTINGS, file_settings, server_environment, streamlit_arguments
from xaae_core.encoder_permission import ALLOW_SWITCH


@pytest.fixture
def launched(monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """What would have been executed."""
    seen: dict[str, object] = {}

    def execute(program: str, arguments: list[str], environment: dict[str, str]) -> None:
        seen.update(program=program, arguments=arguments, environment=environment)
        raise SystemExit(0)

    monkeypatch.setattr(os, "execve", execute)
    return seen


def test_choices_travel_as_absolute_paths(
    launched: dict[str, object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"x")
    (tmp_path / "pictures").mkdir()
    result = CliRunner().invoke(
        main, ["app", "--checkpoint", "model.safetensors", "--data", "pictures", "--runs", "new", "--port", "8600"]
    )
    assert result.exit_code == 0, result.output
    environment = launched["environment"]
    assert isinstance(environment, dict)
    assert environment["XAAE_CHECKPOINT"] == str(tmp_path / "model.safetensors")
    assert environment["XAAE_DATA"] == str(tmp_path / "pictures")
    assert environment["XAAE_RUNS"] == str(tmp_path / "new"), "made when it is needed"
    assert "XAAE_MODELS" not in environment
    assert environment["STREAMLIT_SERVER_ADDRESS"] == "127.0.0.1"
    assert launched["arguments"] == streamlit_arguments(8600)
    assert launched["program"] == sys.executable


def test_a_missing_checkpoint_is_refused_before_the_server_starts(launched: dict[str, object]) -> None:
    result = CliRunner().invoke(main, ["app", "--checkpoint", "nowhere.safetensors"])
    assert result.exit_code == 2
    assert "nowhere.safetensors" in result.stderr
    assert not launched


def test_encoders_are_allowed_by_an_option_or_not_at_all(
    launched: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ALLOW_SWITCH, "")  # so that it is put back
    assert CliRunner().invoke(main, ["app"]).exit_code == 0
    assert launched["environment"][ALLOW_SWITCH] == ""
    result = CliRunner().invoke(main, ["app", "--allow-encoders", "my_pkg.encoders, other"])
    assert result.exit_code == 0, result.output
    assert launched["environment"][ALLOW_SWITCH] == "my_pkg.encoders,other"


def test_what_is_no_module_cannot_be_allowed(launched: dict[str, object]) -> None:
    result = CliRunner().invoke(main, ["app", "--allow-encoders", "../encoders.py"])
    assert result.exit_code == 2
    assert '"../encoders.py" is no name of a module' in result.stderr
    assert not launched


def test_every_setting_of_the_file_is_one_that_streamlit_knows() -> None:
    settings = file_settings(CONFIG)
    known = {option.env_var for option in config._config_options_template.values()}
    assert set(settings) <= known
    assert SAFE_SETTINGS.items() <= settings.items()


def test_the_settings_in_a_table_of_a_table_are_found(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(
        '[server]\nmaxUploadSize = 5\nheadless = true\n[theme.dark]\nprimaryColor = "#fff"'
    )
    assert file_settings(tmp_path / "config.toml") == {
        "STREAMLIT_SERVER_MAX_UPLOAD_SIZE": "5",
        "STREAMLIT_SERVER_HEADLESS": "true",
        "STREAMLIT_THEME_DARK_PRIMARY_COLOR": "#fff",
    }


def test_the_users_own_settings_win() -> None:
    assert server_environment({"STREAMLIT_SERVER_PORT": "8599"})["STREAMLIT_SERVER_PORT"] == "8599"
    assert server_environment({"STREAMLIT_SERVER_MAX_UPLOAD_SIZE": "1"})["STREAMLIT_SERVER_MAX_UPLOAD_SIZE"] == "1"


def test_the_server_answers_from_any_folder_even_beside_a_module_of_its_name(tmp_path: Path) -> None:
    """A stranger's app.py in the working directory must not be imported instead of ours."""
    (tmp_path / "app.py").write_text("raise RuntimeError('the stranger was imported')")
    (tmp_path / "streamlit.py").write_text("raise RuntimeError('the stranger was imported')")
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    command = [Path(sys.executable).with_name("xaae"), "app", "--port", str(port)]
    with (tmp_path / "log").open("wb") as log:
        server = subprocess.Popen(command, cwd=tmp_path, stdout=log, stderr=log)
    try:
        answer = _health(port, server)
    finally:
        server.terminate()
        server.wait(timeout=20)
    said = (tmp_path / "log").read_text()
    assert answer == "ok", said
    assert "stranger" not in said
    assert f"127.0.0.1:{port}" in said


def _health(port: int, server: subprocess.Popen[bytes]) -> str:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=2) as answer:
                return str(answer.read().decode())
        except OSError:
            time.sleep(0.2)
    return "no answer"
