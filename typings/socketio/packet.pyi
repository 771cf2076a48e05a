CONNECT: int
DISCONNECT: int
CONNECT_ERROR: int

class Packet:
    def __init__(self, packet_type: int = ..., data: object = None, namespace: str | None = None, id: int | None = None) -> None: ...
