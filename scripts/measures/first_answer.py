"""How long a program takes from its start to its first answer, as a client sees it that asks all the time."""

import socket
import ssl
import struct
import time

DATA, HEADERS, SETTINGS_FRAME = 0x0, 0x1, 0x4
END_STREAM, END_HEADERS = 0x1, 0x4
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


def first_answer(spawn, port, ground, path, message):
    """Starts a program and asks until it answers; the process, and the seconds that passed."""
    context = ssl.create_default_context(cafile=ground.folder / "pki/server-ca.pem")
    context.load_cert_chain(ground.folder / "pki/app-backend.pem", ground.folder / "pki/app-backend.key")
    context.set_alpn_protocols(["h2"])
    begun = time.monotonic()
    process = spawn()
    while time.monotonic() < begun + 120:
        if process.poll() is not None:
            break
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=60) as tcp:
                with context.wrap_socket(tcp, server_hostname="localhost") as line:
                    if answered(line, path, message):
                        return process, time.monotonic() - begun
        except OSError:
            time.sleep(0.001)
    process.kill()
    process.wait()
    raise SystemExit(f"no answer from {path}")


def answered(line, path, message):
    """Whether a call brings a message. A refusal has none."""
    text = lambda value: bytes([len(value)]) + value.encode()
    # Header fields as literals that nobody has to remember: RFC 7541, 6.2.2.
    fields = [(":method", "POST"), (":scheme", "https"), (":path", path), (":authority", "localhost"),
              ("content-type", "application/grpc"), ("te", "trailers"), ("grpc-timeout", "3S")]
    block = b"".join(b"\0" + text(name) + text(value) for name, value in fields)
    body = b"\0" + struct.pack(">I", len(message)) + message
    line.sendall(PREFACE + frame(SETTINGS_FRAME, 0, 0, b"") + frame(HEADERS, END_HEADERS, 1, block)
                 + frame(DATA, END_STREAM, 1, body))
    read = line.makefile("rb")
    while len(head := read.read(9)) == 9:
        length, kind, flags = int.from_bytes(head[:3], "big"), head[3], head[4]
        read.read(length)
        if head[5:9] != b"\0\0\0\1":
            continue
        if kind == DATA and length:
            return True
        if flags & END_STREAM:
            return False
    return False


def frame(kind, flags, stream, payload):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload
