"""Routes and middleware: HTTP in, HTTP out, no decisions."""
