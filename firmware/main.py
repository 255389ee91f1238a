"""Runs the agent; it does not return."""

from agent.app import main

main()
