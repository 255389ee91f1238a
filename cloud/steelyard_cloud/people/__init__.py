"""Who uses the platform, what each role may do and see, and the log of what they did."""
