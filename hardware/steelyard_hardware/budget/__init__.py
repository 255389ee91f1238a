"""The budgets of the reference scale: noise, temperature, supply, power, cost.

Figures come from figures.toml, the boards' profiles and their bills of materials; how load cells behave comes from the
simulator's own model, so that both work with the same numbers.
"""
