"""What tests share: a real server as a process, real stores, real clients."""
