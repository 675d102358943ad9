"""The bureau's data platform, played by a process that can be made slow, wrong or dead."""
