MESSAGE: int
NOOP: int

class Packet:
    def __init__(
        self, packet_type: int = ..., data: object = None, encoded_packet: str | bytes | None = None
    ) -> None: ...
