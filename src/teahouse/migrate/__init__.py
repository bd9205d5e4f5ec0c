"""The way home from Agent Builder: hosted threads into a folder and into the store, exported agents into a project."""
