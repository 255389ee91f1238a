"""Builds the extension; says in a sentence what is missing."""

import os
import platform
import shutil
import sys

from setuptools import setup

compiler = os.environ.get("CC", "cc").split()[0]
if sys.platform != "linux" or platform.machine() != "x86_64":
    sys.exit("steelyard-ifma is for Linux on x86-64 alone. Steelyard checks signatures by OpenSSL without it.")
if shutil.which(compiler) is None:
    sys.exit(f"steelyard-ifma needs a C compiler, and there is no {compiler}. Steelyard works by OpenSSL without it.")

setup(cffi_modules=["build_ifma.py:ffi"], options={"bdist_wheel": {"py_limited_api": "cp311"}})
