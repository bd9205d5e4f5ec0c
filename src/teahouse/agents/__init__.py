"""What answers: models, an openai-agents Agent made into a ChatKitServer, and the guide."""
