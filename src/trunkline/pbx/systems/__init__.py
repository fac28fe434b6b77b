"""One file per PBX; each defines `SYSTEM`, a registry.System."""
