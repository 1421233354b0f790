"""What the pages show, and do, without Streamlit: asked of a target through one port."""
