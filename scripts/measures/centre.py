"""A message centre for SMPP 3.4 that is quick, slow or dead as it is told, and remembers when it got which message."""

import asyncio
import struct
import threading
import time

BIND, SUBMIT, ENQUIRE, UNBIND = 0x0009, 0x0004, 0x0015, 0x0006
# The field that the service writes the id of a message in, with its length: docs/delivery.md.
MESSAGE_ID = b"\x15\x01\x00\x10"
# How long the slow one takes for each message.
SLOW_SECS = 5


class Centre:
    """Answers on its port while it is entered."""

    def __init__(self, port):
        self.port, self.got, self.delay, self.server, self.lines = port, {}, 0, None, set()

    def __enter__(self):
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()
        self.turn("quick")
        return self

    def __exit__(self, *_):
        self.turn("dead")
        self.loop.call_soon_threadsafe(self.loop.stop)

    def turn(self, how):
        asyncio.run_coroutine_threadsafe(self._turn(how), self.loop).result()

    async def _turn(self, how):
        self.delay = SLOW_SECS if how == "slow" else 0
        if how == "dead" and self.server:
            self.server.close()
            for line in list(self.lines):
                line.close()
            self.server = None
        elif how != "dead" and not self.server:
            self.server = await asyncio.start_server(self._line, "127.0.0.1", self.port)

    async def _line(self, reader, writer):
        self.lines.add(writer)
        try:
            while True:
                length, command, _, number = struct.unpack(">IIII", await reader.readexactly(16))
                body = await reader.readexactly(length - 16)
                if command == SUBMIT:
                    at = body.index(MESSAGE_ID) + len(MESSAGE_ID)
                    self.got.setdefault(body[at:at + 16].hex(), time.time())
                self.loop.call_later(self.delay if command == SUBMIT else 0, self._answer, writer, command, number)
                if command == UNBIND:
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.lines.discard(writer)

    def _answer(self, writer, command, number):
        if not writer.is_closing():
            said = f"{number:x}\0".encode() if command == SUBMIT else b"centre\0" if command == BIND else b""
            writer.write(struct.pack(">IIII", 16 + len(said), 0x8000_0000 | command, 0, number) + said)
