"""The analysers: each reads some files and says what is wrong with them."""
