"""What runs between this machine and the code in the sandbox: in an interpreter of its own, without any package."""
