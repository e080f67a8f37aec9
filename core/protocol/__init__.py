"""Conversations without sockets: what arrived goes in, what happened comes out."""
