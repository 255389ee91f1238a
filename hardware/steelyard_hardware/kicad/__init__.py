"""KiCad's files of a board: sheets, board, project; and KiCad itself, which checks them."""
