"""The Gemini REST protocol, answered from cassettes."""
