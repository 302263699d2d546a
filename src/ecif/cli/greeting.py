"""What `ecif up` says when it is ready: where it listens, and an example that can be pasted."""

import json
import socket
from datetime import UTC, datetime, timedelta
from typing import Final

from rich.console import Console

from ecif.security import InstallationKeys, Scope, TokenIssuer
from ecif.settings import Settings

_TOKEN_HOURS: Final = 12
_EVERYWHERE: Final = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104  # read, not bound
_EXAMPLE: Final = {
    "source_system": "core",
    "source_key": "C0001234",
    "kind": "person",
    "names": [{"full": "张伟"}],
    "birth_date": "1990-03-07",
    "documents": [{"kind": "cn_resident_id", "number": "110101199003070038"}],
    "phones": [{"number": "+8613812345678"}],
}


def greet(settings: Settings, keys: InstallationKeys, listening: socket.socket) -> None:
    """Print the addresses, an operator's token for this installation and an example."""
    host, port = listening.getsockname()[:2]
    shown = _EVERYWHERE.get(host, f"[{host}]" if ":" in host else host)
    address = f"http://{shown}:{port}"
    token = TokenIssuer(keys.signing, issuer=settings.source, audience=settings.token_audience)
    issued = token.issue(
        "operator", [Scope.ADMIN], lifetime=timedelta(hours=_TOKEN_HOURS), now=datetime.now(UTC)
    )
    out = Console(soft_wrap=True, highlight=False)
    out.print(f"[bold]ecif is ready[/bold] on {address}")
    out.print(f"  API reference   {address}/docs")
    out.print(f"  log             {settings.home / 'ecif.log'}")
    out.print(f"\nAn operator's token, good for {_TOKEN_HOURS} hours:\n")
    out.print(f"export TOKEN={issued}\n", markup=False)
    out.print("Who is this?\n")
    body = json.dumps(_EXAMPLE, ensure_ascii=False)
    out.print(
        f'curl -s {address}/v1/customers -H "Authorization: Bearer $TOKEN" '
        f"-H 'Content-Type: application/json' -d '{body}'\n",
        markup=False,
    )
    out.print("Ctrl-C stops everything.")
    out.file.flush()
