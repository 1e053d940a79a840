"""What the browser fetches beside the pages is served while it is kept, and nobody else can guess its address."""

import gc
import json

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from app.served import routes, serve_bytes, serve_cases
from xaae_core.errors import ImageError


class Cases:
    """Three cases; the last one's file is gone."""

    def __len__(self) -> int:
        return 3

    def words(self, row: int) -> dict[str, object]:
        return {"id": f"case-{row}", "lines": []}

    def picture(self, row: int) -> bytes:
        if row == 2:
            raise ImageError("case-2.png is gone")
        return b"PNG of %d" % row


@pytest.fixture
def client() -> TestClient:
    return TestClient(Starlette(routes=routes()))


def test_bytes_come_back_as_they_were_given(client: TestClient) -> None:
    content = bytes(range(256)) * 50
    served = serve_bytes(content)
    answer = client.get(served.url)
    assert answer.content == content
    assert "immutable" in answer.headers["cache-control"]
    assert serve_bytes(content).url == served.url, "the browser fetches the same bytes once"
    assert serve_bytes(content + b"x").url != served.url


@pytest.mark.parametrize("kind", ["blob", "cases"])
def test_an_address_ends_with_what_it_belongs_to(client: TestClient, kind: str) -> None:
    served = serve_bytes(b"something") if kind == "blob" else serve_cases(Cases())
    url = served.url if kind == "blob" else f"{served.url}/0.json"
    assert client.get(url).status_code == 200
    del served
    gc.collect()
    assert client.get(url).status_code == 404


def test_every_row_gives_its_own_words_and_picture(client: TestClient) -> None:
    served = serve_cases(Cases())
    for row in range(2):
        assert client.get(f"{served.url}/{row}.json").json() == {"row": row, "id": f"case-{row}", "lines": []}
        assert client.get(f"{served.url}/{row}.png").content == b"PNG of %d" % row


def test_a_picture_that_is_gone_says_so_and_is_asked_for_again(client: TestClient) -> None:
    served = serve_cases(Cases())
    answer = client.get(f"{served.url}/2.png")
    assert answer.status_code == 404
    assert "case-2.png is gone" in json.loads(answer.content)["error"]
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("row", ["3", "99999999999", "-1", "x", "..%2f0"])
def test_a_row_that_is_not_there_is_refused(client: TestClient, row: str) -> None:
    served = serve_cases(Cases())
    assert client.get(f"{served.url}/{row}.json").status_code == 404


def test_two_sessions_never_share_the_address_of_their_cases() -> None:
    assert serve_cases(Cases()).url != serve_cases(Cases()).url
