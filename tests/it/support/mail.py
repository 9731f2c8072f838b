"""A mail server of the tests, on somebody else's SMTP (PyPI package aiosmtpd).

Takes mail over STARTTLS alone, unless it has no certificate: then it knows no STARTTLS. Tells on its standard output what
it gets, one JSON object on a line. An address that begins with later or never is answered with 451 or 550. Ends when its
input ends.
"""

import asyncio
import json
import ssl
import sys
from email import message_from_bytes, policy

from aiosmtpd.smtp import SMTP


def tell(what):
    print(json.dumps(what), flush=True)


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        answer = {"later": "451 4.2.0 not now", "never": "550 5.1.1 no such person"}.get(address.split("@")[0])
        if answer:
            tell({"refused": address})
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        mail = message_from_bytes(envelope.content, policy=policy.default)
        tell({
            "mail": mail["Message-ID"],
            "to": envelope.rcpt_tos,
            "from": envelope.mail_from,
            "subject": mail["Subject"],
            "text": mail.get_content(),
            "language": mail["Content-Language"],
            "tls": session.ssl is not None,
        })
        return "250 OK"


async def main():
    context = None
    if len(sys.argv) > 1:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(sys.argv[1], sys.argv[2])
    loop = asyncio.get_running_loop()
    handler = Handler()
    server = await loop.create_server(
        lambda: SMTP(handler, tls_context=context, require_starttls=context is not None), "127.0.0.1", 0
    )
    tell({"listening": server.sockets[0].getsockname()[1]})
    await loop.run_in_executor(None, sys.stdin.read)


asyncio.run(main())
