"""What earlier stages taught, one module a stage, so that an unfinished exercise never blocks the next one."""
