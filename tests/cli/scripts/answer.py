#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""answer.py "ANSWER/ANSWER" COMMAND…: runs a command on a terminal of its own, answering each prompt; prints what the terminal shows."""
import os
import pty
import sys

answers = sys.argv[1].split("/")
child, terminal = pty.fork()
if child == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
shown = b""
while True:
    try:
        got = os.read(terminal, 1024)
    except OSError:
        break
    if not got:
        break
    shown += got
    if shown.endswith(b": ") and answers:
        os.write(terminal, (answers.pop(0) + "\n").encode())
print(shown.decode().replace("\r", ""), end="")
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
