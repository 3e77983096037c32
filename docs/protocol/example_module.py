#!/usr/bin/env python3
"""A device module in Python's standard library: the protocol as a second implementer sees it.

    example_module.py STATE FACTS [CODE]

STATE is a file that the module keeps; FACTS is a JSON object of facts, such as
{"presence": "ready", "identity/serial_number": "AC0012345", "meters/total/value": 1500, …}.
CODE, RM1-…, is needed the first time. Each call makes one session: call it once a day.
Exit codes: 0 the server has everything, 1 not now (call again later), 2 a person has to look.

It sends no zstd and no many-device table; both are optional. README.md beside it is the reference.
"""

import base64, hashlib, http.client, json, os, random, ssl, struct, sys, time, uuid, zlib
from datetime import datetime, timezone

SOFTWARE = {"name": "example-module", "version": "1.0"}
DEADLINE = 60  # seconds, for each step on the network
SCHEDULE = {"rhythm": {"daily": {"at": "02:00", "spread_minutes": 60}}, "time_zone": "UTC"}


class Later(Exception):
    """Nobody is to blame, or nobody knows: the same may succeed at another time."""


class Refused(Exception):
    """The server said no."""

    def __init__(self, status, problem):
        super().__init__(f"the server answered {status}: {problem.get('detail', problem.get('title', ''))}")
        self.status, self.kind, self.last = status, problem.get("type", "about:blank"), problem.get("last_report")


# --- what is kept -----------------------------------------------------------------------------

def load(path):
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except FileNotFoundError:
        return {}


def save(path, state):
    """Writes beside, syncs, renames, syncs the folder: after a power cut it is the old state or the new one."""
    beside = path + ".new"
    with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump(state, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(beside, path)
    folder = os.open(os.path.dirname(os.path.abspath(path)), os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)


# --- the server -------------------------------------------------------------------------------

def read_code(text):
    """Returns server, secret and the SHA-256 of the authority (None: what the system trusts)."""
    if not text.startswith("RM1-"):
        raise ValueError("an enrolment code begins with RM1-; copy all of it")
    body = text[4:].strip()
    octets = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
    if zlib.crc32(octets[:-4]) != struct.unpack(">I", octets[-4:])[0]:
        raise ValueError("the enrolment code is mistyped or cut off; copy all of it once more")
    secret, authority, expires = octets[:16], octets[16:48], struct.unpack(">q", octets[48:56])[0]
    if expires < time.time():
        raise ValueError("the enrolment code has expired; ask for a new one")
    plain = base64.urlsafe_b64encode(secret).decode().rstrip("=")
    return octets[56:-4].decode(), plain, authority if any(authority) else None


def find_authority(host, port, wanted):
    """Returns the certificate in the server's chain with this SHA-256. Nothing is believed, and nothing sent."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    connection = http.client.HTTPSConnection(host, port, timeout=DEADLINE, context=context)
    try:
        connection.connect()
        sock = connection.sock
        # Python 3.13 has it in the open, the versions before in private.
        chain = sock.get_unverified_chain() if hasattr(sock, "get_unverified_chain") else [
            certificate.public_bytes(2) for certificate in sock._sslobj.get_unverified_chain()]
    finally:
        connection.close()
    # The first is the server's own, which never vouches for itself.
    for der in chain[1:]:
        if hashlib.sha256(der).digest() == wanted:
            return ssl.DER_cert_to_PEM_cert(der)
    raise Refused(0, {"detail": "it presents no authority that the code names; somebody may be in between"})


class Server:
    """One connection: the certificate is verified before a word is said."""

    def __init__(self, address, authority, credentials=None):
        host, _, port = address.rpartition(":")
        context = ssl.create_default_context(cadata=authority) if authority else ssl.create_default_context()
        self.connection = http.client.HTTPSConnection(host.strip("[]"), int(port), timeout=DEADLINE, context=context)
        self.headers = {}
        if credentials:
            token = base64.b64encode(":".join(credentials).encode()).decode()
            self.headers = {"Authorization": f"Basic {token}"}

    def ask(self, method, path, body=None):
        headers = dict(self.headers, **({"Content-Type": "application/json"} if body else {}))
        try:
            self.connection.request(method, path, body, headers)
            response = self.connection.getresponse()
            answer = json.loads(response.read(1 << 20) or b"{}")
        except ssl.SSLCertVerificationError as error:
            raise Refused(0, {"detail": f"its certificate is not trusted: {error}"})
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise Later(f"no answer: {error}")
        if response.status in (200, 201):
            return answer
        if response.status == 429 or response.status >= 500:
            raise Later(f"the server is busy ({response.status}); it asks to wait {response.headers.get('Retry-After', 'a while')}")
        raise Refused(response.status, answer)


def enrol(state, code):
    address, secret, wanted = read_code(code)
    host, _, port = address.rpartition(":")
    state["server"], state["authority"] = address, find_authority(host, int(port), wanted) if wanted else None
    reply = Server(address, state["authority"]).ask("POST", "/api/v1/enrol", json.dumps(
        {"secret": secret, "kind": "device-direct", "name": "Example", "software": SOFTWARE}))
    state["credentials"] = [reply["sender"], reply["secret"]]


# --- readings and reports ---------------------------------------------------------------------

def changes(base, now):
    """Tells how `now` differs from what the server has: differences of integers, new values, keys that went."""
    reading = {"extent": "changes", "facts": {}, "add": {}, "gone": sorted(set(base) - set(now))}
    for key, value in now.items():
        before = base.get(key)
        if type(value) is int and type(before) is int and value != before:
            reading["add"][key] = value - before
        elif value != before or type(value) is not type(before):
            reading["facts"][key] = value
    return {name: part for name, part in reading.items() if part}


def seal(state, facts, observed_at, sequence, whole):
    """Makes a report; from here on it is sent as it is, however often."""
    report = {"schema": "roundsman.report/1", "sender": {"kind": "device-direct", "id": state["credentials"][0]},
              "id": str(uuid.uuid4()), "sequence": sequence, "created_at": now_text(), "software": SOFTWARE,
              "schedule": SCHEDULE, "outcomes": state.get("outcomes", [])}
    reading = {"extent": "whole", "facts": facts}
    if not whole:
        report["base"], reading = state["base"], changes(state["facts"], facts)
    report["readings"] = [{"device": 1, "observed_at": observed_at, **reading}]
    state["pending"] = {"id": report["id"], "sequence": sequence, "body": json.dumps(report), "facts": facts, "at": observed_at}


def obey(state, commands):
    """This module runs nothing but `send-full-report`; it says so, and says it once."""
    done = state.setdefault("done", [])
    for command in commands:
        if command["id"] not in done:
            known = command.get("action") == "send-full-report"
            if known:
                state.pop("base", None)
            done.append(command["id"])
            state.setdefault("outcomes", []).append(
                {"command": command["id"], "outcome": "done" if known else "refused", "at": now_text()})
    del done[:-100]


def session(path, state, facts):
    """Hello, what is left from last time, then what is new; each step is on disk before the next."""
    observed_at = now_text()
    server = Server(state["server"], state["authority"], state["credentials"])
    for _ in range(4):
        hello = server.ask("GET", "/api/v1/hello")
        if "roundsman.report/1" not in hello["speaks"]:
            raise Refused(0, {"detail": f"it speaks {hello['speaks']}"})
        last = hello.get("last_report") or {"id": None, "sequence": 0}
        if "pending" not in state:
            whole = last["id"] is None or last["id"] != state.get("base")
            seal(state, facts, observed_at, max(last["sequence"], state.get("sequence", 0)) + 1, whole)
            save(path, state)
        pending = state["pending"]
        try:
            reply = server.ask("POST", "/api/v1/reports", pending["body"])
        except Refused as refused:
            if refused.status != 409 or not refused.kind.endswith((":needs-full", ":stale")):
                raise
            # The server stands somewhere else. The old reading is told anew, whole, with its own time.
            state.pop("base", None)
            floor = max((refused.last or {}).get("sequence", 0), pending["sequence"])
            seal(state, pending["facts"], pending["at"], floor + 1, True)
            save(path, state)
            continue
        # On the server's disk: only now is it forgotten here, and the base of what comes next.
        state["base"], state["facts"], state["sequence"] = pending["id"], pending["facts"], pending["sequence"]
        sent = {outcome["command"] for outcome in json.loads(pending["body"])["outcomes"]}
        state["outcomes"] = [outcome for outcome in state.get("outcomes", []) if outcome["command"] not in sent]
        del state["pending"]
        obey(state, reply.get("commands", []))
        save(path, state)
        if pending["at"] == observed_at:
            return  # What is new has gone, and not only what was left from last time.
    raise Later("the server turns report after report back; tell its operator")


def now_text():
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def main(path, facts_path, code=None):
    state = load(path)
    with open(facts_path, encoding="utf-8") as file:
        facts = json.load(file)
    try:
        if "credentials" not in state:
            if code is None:
                raise ValueError("not enrolled; give an enrolment code")
            save(path, state)  # What cannot be kept must not use up the code.
            enrol(state, code)
            save(path, state)
        session(path, state, facts)
    except Later as later:
        print(f"later: {later}; wait {random.randint(1, 60)} s, then longer each time", file=sys.stderr)
        return 1
    except (Refused, ValueError) as refused:
        print(f"refused: {refused}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
