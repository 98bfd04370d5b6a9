"""A development server with TensorFlow Serving's interfaces, and a client."""
