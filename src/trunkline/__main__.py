try:
    from trunkline.cli.main import main
except KeyboardInterrupt:  # the imports take a second; the root command says the same of what comes later
    raise SystemExit("trunkline: interrupted.") from None

main()
