"""The vocabulary of SIP trunking. Pure: standard library only; everyone may import it, it imports nobody."""
