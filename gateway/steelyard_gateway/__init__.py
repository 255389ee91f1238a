"""What runs beside the scale: the `steelyard` command and the technician's serial tools."""
