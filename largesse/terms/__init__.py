"""What an issuer promises: terms, the statutes' presets, series and manifests."""
