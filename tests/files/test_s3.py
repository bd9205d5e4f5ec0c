"""Files in a bucket, with moto's server in the place of the store: real HTTP, signatures and ranges."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from moto.server import ThreadedMotoServer

from files import samples
from house import problem_in

PNG = samples.picture()


@pytest.fixture(scope="module")
def store() -> Iterator[dict[str, str]]:
    """Settings of a bucket of one's own."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    settings = {
        "endpoint": f"http://{host}:{port}", "bucket": "tea", "region": "us-east-1",
        "access_key": "test", "secret_key": "test", "prefix": "chat/files",
    }  # fmt: skip
    httpx2.put(f"{settings['endpoint']}/tea", trust_env=False).raise_for_status()
    yield settings
    server.stop()


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def keys(store: dict[str, str]) -> str:
    return httpx2.get(f"{store['endpoint']}/tea?list-type=2", trust_env=False).text


async def test_a_file_is_kept_given_in_parts_and_deleted(open_house: Any, visit: Any, store: Any) -> None:
    alice = visit(await open_house(files={"s3": store}))
    attachment = (await alice.http.post("/chatkit/files", files={"file": ("a.png", PNG)})).json()
    where = f"/chatkit/files/{attachment['id']}"
    assert f"chat/files/{attachment['id']}/original" in keys(store)
    assert (await alice.http.get(where)).content == PNG
    assert (await alice.http.get(where, headers={"range": "bytes=1-3"})).content == b"PNG"
    assert (await alice.http.get(attachment["preview_url"])).headers["content-type"] == "image/webp"
    await alice.ask("attachments.delete", attachment_id=attachment["id"])
    assert attachment["id"] not in keys(store)


async def test_the_browser_uploads_to_the_store_itself(open_house: Any, visit: Any, store: Any) -> None:
    """What has come there is looked at when its message is sent, and is then what its bytes say."""
    alice = visit(await open_house(files={"s3": store, "max_bytes": 5000}))
    announced = await alice.ask("attachments.create", name="notes.pdf", size=99, mime_type="application/pdf")
    upload = announced["upload_descriptor"]
    assert upload["url"].startswith(f"{store['endpoint']}/tea/chat/files/{announced['id']}/original?")
    early = {"content": [], "attachments": [announced["id"]], "inference_options": {}}
    assert (await alice.problem("threads.create", input=early))["code"] == "upload_incomplete"

    httpx2.put(upload["url"], content=b"x" * 5001, trust_env=False).raise_for_status()
    assert (await alice.problem("threads.create", input=early))["code"] == "file_too_large"
    httpx2.put(upload["url"], content=PNG, trust_env=False).raise_for_status()
    events = await alice.say("Look", attachments=[announced["id"]])
    (sent,) = events[1]["item"]["attachments"]
    assert (sent["mime_type"], sent["name"]) == ("image/png", "notes.pdf.png")


async def test_what_is_nobodys_is_collected(open_house: Any, visit: Any, store: Any) -> None:
    house = await open_house(files={"s3": store})
    httpx2.put(f"{store['endpoint']}/tea/chat/files/atc_0/original", content=b"x", trust_env=False)
    files = house._house.services.files
    assert files is not None
    await files.collect()
    assert "atc_0/" not in keys(store)


async def test_a_store_that_is_away_is_a_problem_and_no_crash(
    open_house: Any, visit: Any, store: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = store | {"bucket": "nowhere"}
    alice = visit(await open_house(files={"s3": gone}))
    problem = problem_in(await alice.http.post("/chatkit/files", files={"file": ("a.png", PNG)}))
    assert problem.items() >= {"status": 503, "code": "files_unavailable"}.items()


def test_the_disk_needs_nothing_of_it() -> None:
    code = "import sys; sys.modules['obstore'] = None; import teahouse.app"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])
