"""The token proxy: holds the client secret and turns an authorization code into a token.

One job, no stored state, nothing of ours imported. What it protects against is in README.md.
"""
