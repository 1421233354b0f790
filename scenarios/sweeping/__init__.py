"""A scenario replayed again and again, each time with something else going wrong at one of its calls."""
