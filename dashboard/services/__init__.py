"""The logic of the pages, without Streamlit: it reads and changes a target through one port."""
