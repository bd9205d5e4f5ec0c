"""The backend of the field guide, rebuilt from its description: `async def`, and in it a blocking `requests.post`."""

from __future__ import annotations

import os
from uuid import uuid4

import requests
from fastapi import FastAPI, HTTPException

app = FastAPI()


@app.get("/healthz")
async def health() -> dict[str, str]:
    return {"status": "ok"}


@app.post("/api/chatkit/session")
async def create_session() -> dict[str, str]:
    response = requests.post(  # noqa: ASYNC210 - this is what is measured
        f"{os.environ['UPSTREAM']}/chatkit/sessions",
        headers={
            "Authorization": f"Bearer {os.environ['OPENAI_API_KEY']}",
            "Content-Type": "application/json",
            "OpenAI-Beta": "chatkit_beta=v1",
        },
        json={"workflow": {"id": "wf_benchmark"}, "user": uuid4().hex},
        timeout=30,
    )
    if response.status_code != 200:
        raise HTTPException(status_code=500, detail=response.text)
    return {"client_secret": response.json()["client_secret"]}
