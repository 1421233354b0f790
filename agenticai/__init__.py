"""AgenticAI: a serverless software factory on AWS, and the bench to run, replay and measure it offline.

The rooms `stack`, `handlers`, `emulator` and `scenarios` stand beside this package in a checkout, where the links in it
lead to them, and inside of it where it is installed: so it takes no other name in anybody's environment.
"""
