"""The software identification's hash, from the sources, as the scale itself finds it: `code_hash.py BOARD [--files]`.

BOARD is a folder of hardware/boards; `--files` lists what the hash is over, with the SHA-256 of each. An image that has
the agent frozen in has no files: its manifest freezes this hash with the code, as module `code_hash`.
"""

import argparse
import ast
import hashlib
import runpy
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def relevant_files(board, root=ROOT):
    """Return sorted (module, path) of what counts on `board`, in the checkout `root`."""
    firmware, profile = root / "firmware", root / "hardware" / "boards" / board / "board.py"
    names = runpy.run_path(str(profile))
    relevance = runpy.run_path(str(firmware / "agent" / "record" / "relevance.py"))
    return relevance["relevant_files"](f"{firmware}/", str(profile), (names["ADC"], *names["CHIPS"]))


def code_hash(board, root=ROOT):
    """Return the 32-byte hash of the legally relevant code on `board`."""
    relevance = runpy.run_path(str(root / "firmware" / "agent" / "record" / "relevance.py"))
    return relevance["code_hash"](relevant_files(board, root))


def loader_hash(root=ROOT):
    """Return the 32-byte hash of what runs before the agent, which stays when a slot is updated."""
    relevance = runpy.run_path(str(root / "firmware" / "agent" / "record" / "relevance.py"))
    return relevance["code_hash"](relevance["start_files"](f"{root / 'firmware'}/"))


def number(root=ROOT):
    """Return the number of this release."""
    found = ast.parse((root / "firmware" / "agent" / "record" / "software.py").read_text()).body
    [value] = [one.value for one in found if isinstance(one, ast.Assign) and one.targets[0].id == "NUMBER"]
    return ast.literal_eval(value.args[0])


def write_module(folder, board):
    """Write `code_hash.py` into `folder`, for a manifest to freeze, and return the folder."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    source = (
        f'"""Made by firmware/scripts/code_hash.py for a frozen agent on {board}."""\n\n'
        f"HASH = {code_hash(board)!r}\nLOADER = {loader_hash()!r}\nNUMBER = {number()}\n"
    )
    (Path(folder) / "code_hash.py").write_text(source)
    return folder


def main():
    """Print the hash, and with `--files` what it is over."""
    boards = sorted(path.parent.name for path in (ROOT / "hardware" / "boards").glob("*/board.py"))
    parser = argparse.ArgumentParser(description="Prints the hash of a board's legally relevant code.")
    parser.add_argument("board", choices=boards)
    parser.add_argument("--files", action="store_true", help="list what the hash is over")
    asked = parser.parse_args()
    for module, path in relevant_files(asked.board) if asked.files else ():
        print(hashlib.sha256(Path(path).read_bytes()).hexdigest(), module)
    print(code_hash(asked.board).hex())
    return 0


if __name__ == "__main__":
    sys.exit(main())
