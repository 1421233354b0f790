"""HTTP at the one port: connections, who is let in, how large a request may be, and what it asks for."""
