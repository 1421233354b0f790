"""What runs inside the sandbox with a project's tests: it uses the standard library, and pytest if it is available."""
