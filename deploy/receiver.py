"""A receiver of webhooks: verifies each event, takes it once, answers at once. `python deploy/receiver.py [PORT]`.

The secret that the subscription was answered with stands in WEBHOOK_SECRET. A real receiver keeps the ids it has had
together with its own copy, in one transaction.
"""

import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock

from standardwebhooks import Webhook, WebhookVerificationError

webhook = Webhook(os.environ["WEBHOOK_SECRET"])
seen: set[str] = set()
one_at_a_time = Lock()


class Receiver(BaseHTTPRequestHandler):
    """Answers 204 to what it took, or had before, and 401 to what is not signed for us."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Take one event."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            event = webhook.verify(body, dict(self.headers.items()))
        except WebhookVerificationError:
            self._answer(401)
            return
        with one_at_a_time:
            if event["id"] not in seen:
                take(event)
                seen.add(event["id"])
        self._answer(204)

    def log_message(self, *_: object) -> None:
        """Keep quiet: what was taken is printed."""

    def _answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()


def take(event: dict[str, str]) -> None:
    """Bring the own copy up to date; here it is only printed."""
    sys.stdout.write(f"{event['type']} {event.get('subject', '')} {event.get('sequence', '')}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 9000
    ThreadingHTTPServer(("127.0.0.1", port), Receiver).serve_forever()
