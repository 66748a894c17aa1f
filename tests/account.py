"""A program that does each request as the account it names: nbgrader's exchange in the hands of several people.

    python account.py '{"ann": [65102, "/home/ann"], ...}'

One JSON object a line comes in, {"who", "config", "call", "arguments"}, and one goes out, {"result"} or {"error"}.
`call` is a method of NbGraderAPI, or a key of STUDENTS or FILES; `config` is settings, or null for the file in the
account's home. As root, each request runs with the account's uid, so that the kernel decides what it may do; only the
names of the accounts, which /etc/passwd does not know, are made up. The interpreter may lie where those accounts cannot
get to, so everything is imported before.
"""

import json
import os
import pwd
import sys
import traceback
from pathlib import Path

from nbgrader.apps import NbGraderAPI
from nbgrader.auth import Authenticator
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange import ExchangeFactory
from nbgrader.utils import capture_log
from traitlets.config import Config, PyFileConfigLoader

import vae_course.author.release  # noqa: F401
import vae_course.grade.collect  # noqa: F401
import vae_course.grade.gradebook  # noqa: F401
import vae_course.grade.html  # noqa: F401
import vae_course.grade.judge  # noqa: F401
import vae_course.grade.preflight  # noqa: F401

STUDENTS = {"fetch_assignment": "FetchAssignment", "submit": "Submit", "fetch_feedback": "FetchFeedback"}
FILES = {
    "read": lambda path: Path(path).read_text(encoding="utf-8"),
    "list": os.listdir,
    "write": lambda path, text: Path(path).write_text(text, encoding="utf-8"),
    "make_folder": os.makedirs,
    "make_link": os.symlink,
    "make_pipe": os.mkfifo,
    "set_mode": os.chmod,
    "rename": os.rename,
}


def act(accounts, who, config, call, arguments):
    uid, home = accounts[who]
    names = {n: pwd.struct_passwd((name, "x", n, n, "", at, "")) for name, (n, at) in accounts.items()}
    known = pwd.getpwuid
    if os.getuid() == 0:
        os.setgroups([])
        os.setgid(uid)
        os.setuid(uid)
    else:  # one account, under the name that is asked for
        names = {os.getuid(): names[uid]}
    pwd.getpwuid = lambda number: names.get(number) or known(number)
    os.umask(0o022)
    os.environ["HOME"] = home
    os.chdir(home)
    if call in FILES:
        return FILES[call](*arguments)
    config = Config(config) if config else PyFileConfigLoader("nbgrader_config.py", path=home).load_config()
    if os.getuid() != uid:
        config.ExchangeCollect.check_owner = False
    if call in STUDENTS:
        folder = CourseDirectory(config=config, assignment_id=arguments[0])
        factory = ExchangeFactory(config=config)
        make = getattr(factory, STUDENTS[call])
        return capture_log(make(coursedir=folder, authenticator=Authenticator(config=config)))
    return getattr(NbGraderAPI(config=config), call)(*arguments)


def main():
    accounts = json.loads(sys.argv[1])
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            try:
                reply = {"result": act(accounts, **json.loads(line))}
            except OSError as error:
                reply = {"error": type(error).__name__}
            except BaseException:
                reply = {"error": traceback.format_exc()}
            print(json.dumps(reply), flush=True)
            os._exit(0)
        os.waitpid(child, 0)


if __name__ == "__main__":
    main()
