"""The extension by cffi, linked with Intel's multi-buffer library, whose archive and headers come as two packages."""

from importlib.metadata import files
from pathlib import Path

from cffi import FFI

HERE = Path(__file__).parent


def found(package: str, name: str) -> Path:
    """Where a package has put a file; its name is given by its last parts."""
    for file in files(package) or ():
        if file.as_posix().endswith(name):
            return Path(str(file.locate())).resolve()
    raise SystemExit(f"The package {package} has no file {name}.")


ffi = FFI()
ffi.cdef(
    """
    int steelyard_can(void);
    int steelyard_verify(const uint8_t *rows, int count, const uint8_t *good, uint8_t *verdicts);
    """
)
ffi.set_source(
    "_steelyard_ifma",
    (HERE / "ifma.c").read_text(),
    include_dirs=[str(HERE), str(found("ipp-crypto-include", "crypto_mb/ec_nistp256.h").parent.parent)],
    extra_objects=[str(found("ipp-crypto-static", "libcrypto_mb.a"))],
    extra_compile_args=["-O2", "-fvisibility=hidden"],
    extra_link_args=["-Wl,--exclude-libs,ALL", "-Wl,--gc-sections"],
    py_limited_api=True,
)
