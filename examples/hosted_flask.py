"""Sessions of a hosted workflow from a Flask application of your own.

OPENAI_API_KEY=sk-… CHATKIT_WORKFLOW_ID=wf_… flask --app examples.hosted_flask run

Agent Builder, which runs such workflows, ends on 2026-11-30.
"""

import os
import secrets

from flask import Flask, jsonify, request, session

from teahouse.errors import Problem, language_of
from teahouse.hosted import BlockingHostedSessions

app = Flask(__name__)
app.secret_key = os.environ.get("FLASK_SECRET_KEY") or secrets.token_hex(32)

sessions = BlockingHostedSessions(
    os.environ.get("CHATKIT_WORKFLOW_ID"),
    base_url=os.environ.get("OPENAI_BASE_URL", "https://api.openai.com/v1"),
)


@app.post("/api/chatkit/session")
def create_session():
    """A session for whoever is signed in here; for this example, for each browser."""
    user = session.setdefault("user", secrets.token_hex(16))
    made = sessions.create(user)
    return jsonify(made.as_json()), 200, {"Cache-Control": "no-store"}


@app.errorhandler(Problem)
def explain(problem: Problem):
    """What went wrong and what to do about it, in the reader's language."""
    language = language_of(request.headers.get("Accept-Language"))
    error = {"code": problem.kind.code, "message": problem.message(language), "param": problem.param}
    return jsonify(error=error), problem.kind.status
