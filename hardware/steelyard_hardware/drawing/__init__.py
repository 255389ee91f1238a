"""Sheets as SVG and PDF: circuits, plots and the sealing plan. Nothing here decides anything."""
