"""What the tests share: real servers, real MicroPython, scales that sign, a cloud, and the chain checker."""
