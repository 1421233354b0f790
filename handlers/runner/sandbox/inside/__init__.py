"""What runs between this machine and the code in the sandbox: in its own interpreter, without any packages."""
