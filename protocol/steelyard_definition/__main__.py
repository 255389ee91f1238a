"""`python -m steelyard_definition` writes the tables of steelyard.cddl into the code, and says which files changed."""

import sys

from steelyard_definition.definition import DefinitionError
from steelyard_definition.tables import write

try:
    print("tables written:", ", ".join(map(str, write())) or "none had changed")
except DefinitionError as error:
    sys.exit(f"steelyard.cddl: {error}")
