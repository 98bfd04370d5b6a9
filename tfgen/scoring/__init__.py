"""A row of output for each of the user's inputs."""
