"""What the person sees. Streamlit lives here, in `app.py` and in `pages/`; TensorFlow never does."""
