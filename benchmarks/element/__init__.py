"""The element in real Chromium, beside deep-chat and a plain-DOM floor."""
