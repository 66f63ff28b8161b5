"""What idle TLS connections cost a POP3 server: memory for each, and the time of a session beside them."""

import inboxes
from servers import WaitingLoad, load

COUNTS = (1000, 5000)
BESIDE = 50  # sessions
KILOBYTES = 25  # the aim, at the most


def session_time(server):
    """Milliseconds of one session after the other."""
    done = load("pop3", port=server.pop3s, connections=1, sessions=BESIDE, boxes=inboxes.BOXES, script="session")
    return 1000 * done.seconds / BESIDE


def hold(server, count, login):
    server.restart()  # or what was let go of before would be taken again, and count as nothing
    alone = session_time(server)
    server.cpu_at_rest()
    before = server.group.memory()
    with WaitingLoad("idle", port=server.pop3s, connections=count, first=inboxes.FIRST_IDLE, boxes=max(COUNTS), login=login):
        server.cpu_at_rest()
        grown = server.group.memory() - before
        beside = session_time(server)
    server.cpu_at_rest()
    return {"memory": grown / count / 1000, "alone": alone, "beside": beside}


def measure(server, figures, attempt):
    for login in "no", "yes":
        for count in COUNTS:
            if count <= server.most_idle:
                attempt(figures, server, f"idle {count} {login}", f"{count} idle, logged in: {login}",
                        lambda server, count=count, login=login: hold(server, count, login))


def show(figures):
    for count in COUNTS:
        for login, words in ("no", "before log-in"), ("yes", "logged in"):
            medians = figures.medians(f"idle {count} {login}")
            if not medians:
                continue
            print(f"\n{count} idle TLS connections, {words}\n{'':28}{'kB a connection':>20}{'ms a session alone':>20}{'beside them':>20}")
            for who, found in medians.items():
                aim = f"   aim at most {KILOBYTES}: {'met' if found['memory'] <= KILOBYTES else 'MISSED'}" if who == "Metka" else ""
                print(f"  {who:26}{found['memory']:20.1f}{found['alone']:20.2f}{found['beside']:20.2f}{aim}")
