"""What people and programs need to use a deployed stack: the API's typed client, following a project, downloads."""
