"""AgenticAI: a serverless software factory on AWS, and the bench to run, replay and measure it offline.

The packages `stack`, `handlers`, `emulator` and `scenarios` are next to this one in a checkout, where links in this
package lead to them, and inside it when installed: so it occupies only one name in a user's environment.
"""
