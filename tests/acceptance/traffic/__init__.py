"""Counted figures of traffic: real HAProxy, real engine, requests on loopback only."""
