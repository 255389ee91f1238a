"""`python -m steelyard_gateway` is the `steelyard` command."""

from steelyard_gateway.command import main

main()
