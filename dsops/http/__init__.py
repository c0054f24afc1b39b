"""The only room with a socket: signs calls, sends them, tries again where that is safe, and words what went wrong.

Belongs here: sockets, time limits, TLS, proxies, secrets at the moment of signing, back-off, the pace of a connection.
Does not belong here: what a call means, what to do about a lost answer, anything of one provider (it is handed in).
"""

from dsops.http.answer import Answer
from dsops.http.client import Client
from dsops.http.clock import Clock
from dsops.http.explain import explain
from dsops.http.secret import resolve_secret
from dsops.http.transfer import Fetched, Remote, Transfer

__all__ = ["Answer", "Client", "Clock", "Fetched", "Remote", "Transfer", "explain", "resolve_secret"]
