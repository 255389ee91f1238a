"""What runs at the regulator: ingest, registry, rules, alerts, evidence, API and pages."""
