"""What runs inside the sandbox beside a project's tests: with the standard library, and pytest where that is there."""
