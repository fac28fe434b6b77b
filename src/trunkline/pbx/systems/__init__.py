"""One file per PBX; each defines `SYSTEM`, a system.System."""
