"""A keypad matrix between pins: pressed keys connect their row with their column, as copper does."""


class Matrix:
    """`columns` and `rows` are wires (`hal_pins.Wire`); the processor pulls columns low, rows have pull-ups."""

    def __init__(self, columns, rows):
        self._columns = columns
        self._rows = rows
        self._levels = [1] * len(columns)
        self.pressed = set()
        for place, wire in enumerate(columns):
            wire.output = self._driver(place, wire)
        self._settle()

    def _driver(self, place, wire):
        def output(level):
            self._levels[place] = level
            wire.level = level
            self._settle()

        return output

    def press(self, row, column):
        """Close the contact of a key."""
        self.pressed.add((row, column))
        self._settle()

    def release(self, row, column):
        """Open it again."""
        self.pressed.discard((row, column))
        self._settle()

    def _settle(self):
        """A row is low when it is connected, however indirectly, with a column that is driven low."""
        low_columns = {place for place, level in enumerate(self._levels) if not level}
        low_rows = set()
        while True:
            rows = {row for row, column in self.pressed if column in low_columns}
            columns = low_columns | {column for row, column in self.pressed if row in rows}
            if rows == low_rows and columns == low_columns:
                break
            low_rows, low_columns = rows, columns
        for number, wire in enumerate(self._rows):
            wire.drive(0 if number in low_rows else 1)
