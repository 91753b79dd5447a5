"""python -m bench.provider: start the stand-in on this machine."""

import argparse
import asyncio
import signal
import ssl
from pathlib import Path

import orjson

from bench.provider.behaviour import Behaviour
from bench.provider.events import Postman, Signer
from bench.provider.ledger import Ledger
from bench.provider.post_office import PostOffice
from bench.provider.web import Web

_LIMIT = 40_000_000


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench.provider", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="HTTP; 0 takes a free one")
    parser.add_argument("--smtp-port", type=int, default=0, help="SMTP; 0 takes a free one")
    parser.add_argument("--ledger", type=Path, required=True, help="what was accepted, by line")
    parser.add_argument("--key", default="SG.stand-in", help="the API key that is right")
    parser.add_argument("--password", default="", help="what SMTP AUTH must bring")
    parser.add_argument("--certificate", type=Path, help="PEM with key: HTTPS, and STARTTLS")
    parser.add_argument("--sink", action="store_true", help="do not force the ledger to disk")
    parser.add_argument("--control", default="{}", help="JSON, as POST /control takes it")
    return parser.parse_args()


async def _run(arguments: argparse.Namespace) -> None:
    behaviour = Behaviour()
    behaviour.change(orjson.loads(arguments.control))
    ledger = Ledger(arguments.ledger)
    ledger.is_durable = not arguments.sink
    signer = Signer(arguments.ledger.with_suffix(".key"))
    postman = Postman(behaviour, signer)
    context = None
    if arguments.certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(arguments.certificate)
    web = Web(behaviour, ledger, signer, postman, arguments.key)
    office = PostOffice(behaviour, ledger, postman, arguments.password, context)
    host = "127.0.0.1"
    http = await asyncio.start_server(
        web.talk, host, arguments.port, limit=_LIMIT, ssl=context, reuse_address=True
    )
    smtp = await asyncio.start_server(
        office.talk, host, arguments.smtp_port, limit=_LIMIT, reuse_address=True
    )
    scheme = "https" if context else "http"
    http_port, smtp_port = (one.sockets[0].getsockname()[1] for one in (http, smtp))
    print(f"Ready: {scheme}://{host}:{http_port} smtp://{host}:{smtp_port}", flush=True)
    stop = asyncio.Event()
    for one in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(one, stop.set)
    await stop.wait()


if __name__ == "__main__":
    asyncio.run(_run(_arguments()))
