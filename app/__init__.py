"""The Streamlit app and the command line; the only layer that knows Streamlit."""
